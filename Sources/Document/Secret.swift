package import Telemetry

/// A secret, and where it comes from. It never shows itself: neither a log nor a dump prints its
/// text.
package struct Secret: Sendable {
    private let text: String

    /// The text itself, for the one place that needs it.
    package func reveal() -> String { text }

    /// Where a configuration says a secret lies.
    package enum Reference: Sendable, Hashable {
        /// `env:NAME`
        case environment(String)
        /// `file:PATH`, a file with mode 0600 or less.
        case file(String)
        /// The secret itself. The reader of a configuration warns about it.
        case inline(String)

        package init(_ text: String) {
            if text.hasPrefix("env:") {
                self = .environment(String(text.dropFirst(4)))
            } else if text.hasPrefix("file:") {
                self = .file(String(text.dropFirst(5)))
            } else {
                self = .inline(text)
            }
        }
    }

    /// Reads the secret. Of a file the line break at its end does not count.
    package init(
        _ reference: Reference, environment: [String: String], limit: Int = 64 << 10
    ) throws(Fault) {
        switch reference {
        case .inline(let text): self.text = text
        case .environment(let name):
            guard let text = environment[name], !text.isEmpty else {
                throw Fault(
                    DocumentCode.unreadable, "the variable is not set or empty", at: "env:\(name)")
            }
            self.text = text
        case .file(let path):
            let bytes = try Files.readSecret(path, limit: limit)
            guard let text = String(validating: bytes, as: UTF8.self) else {
                throw Fault(DocumentCode.encoding, "the secret is not UTF-8 text", at: path)
            }
            let line = text.utf8.last == UInt8(ascii: "\n") ? text.dropLast() : text[...]
            guard !line.isEmpty else {
                throw Fault(DocumentCode.unreadable, "the secret is empty", at: path)
            }
            self.text = String(line)
        }
    }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "<secret>" }
    package var debugDescription: String { "<secret>" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
