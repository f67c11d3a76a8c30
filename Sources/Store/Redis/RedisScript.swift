/// A script that Redis runs as one step: its name and its text. Two of the same name have the same
/// text.
package struct RedisScript: Sendable, Hashable {
    package let name: String
    package let text: String

    package init(name: String, text: String) {
        self.name = name
        self.text = text
    }

    /// A file of the folder Scripts, as the build has put it into the program.
    init(_ name: String, _ file: [UInt8]) {
        self.init(name: name, text: String(decoding: file, as: UTF8.self))
    }

    package func hash(into hasher: inout Hasher) { hasher.combine(name) }
}
