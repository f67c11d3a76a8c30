import Telemetry

/// The headers of a message in the order they came; capitals make no difference to their names.
package struct WebHeaders: Hashable, Sendable {
    package struct Field: Hashable, Sendable {
        package let name: String
        package let value: String
    }

    package private(set) var fields: [Field] = []

    package init() {}

    /// The first value of a name.
    package subscript(name: String) -> String? {
        let name = name.lowercased()
        return fields.first { $0.name.lowercased() == name }?.value
    }

    package mutating func append(_ name: String, _ value: String) {
        fields.append(Field(name: name, value: value))
    }

    /// Puts a value in the place of all that the name had.
    package mutating func set(_ name: String, _ value: String) {
        remove([name.lowercased()])
        append(name, value)
    }

    /// - Parameter names: in small letters.
    package mutating func remove(_ names: Set<String>) {
        fields.removeAll { names.contains($0.name.lowercased()) }
    }

    /// Refuses what would end up as something else on the wire.
    func check() throws(Fault) {
        for field in fields {
            guard !field.name.isEmpty, field.name.utf8.allSatisfy(Self.isToken) else {
                throw Fault(WebCode.invalid, "a header's name cannot be '\(field.name.prefix(40))'")
            }
            guard field.value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f || $0 == 0x09 }) else {
                throw Fault(
                    WebCode.invalid, "the header \(field.name) has a control character in it")
            }
            guard !Self.connections.contains(field.name.lowercased()) else {
                throw Fault(
                    WebCode.invalid,
                    "the header \(field.name) is the connection's own and cannot be given")
            }
        }
    }

    /// What belongs to the connection, and could be used to smuggle in a second request.
    private static let connections: Set = [
        "connection", "host", "keep-alive", "proxy-connection", "te", "trailer",
        "transfer-encoding", "upgrade", "proxy-authorization", "expect",
    ]

    static func isToken(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a: true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }
}
