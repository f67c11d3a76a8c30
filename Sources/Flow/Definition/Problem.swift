package import Document

/// One thing that is wrong with a workflow file, and where.
package struct Problem: Sendable, Hashable, CustomStringConvertible {
    package var code: FlowCode
    /// The file as its reader named it.
    package var file: String
    package var position: TextPosition
    /// The JSON pointer to the value it is about; empty for the whole file.
    package var pointer: String
    package var message: String

    /// `flow.yaml:12:5: /do/0/getPet: unknown key "wiht", did you mean "with"?`
    package var description: String {
        "\(file):\(position): \(pointer.isEmpty ? "" : pointer + ": ")\(message)"
    }
}

/// Everything that is wrong with a workflow file, in the order of its lines; never empty.
package struct Invalid: Error, Sendable, CustomStringConvertible {
    package var problems: [Problem]

    package var description: String {
        problems.map(\.description).joined(separator: "\n")
    }
}
