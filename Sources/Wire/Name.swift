package import Telemetry

/// The charset of everything that has a name on the bus: agents, routing ids, request ids,
/// sessions.
///
/// One to 64 characters of `[a-z0-9._-]`: nothing that could be a pattern, a path, a separator or
/// an escape.
package enum Name {
    package static let limit = 64

    package static func isValid(_ name: some StringProtocol) -> Bool {
        let utf8 = name.utf8
        return !utf8.isEmpty && utf8.count <= limit && utf8.allSatisfy(isAllowed)
    }

    /// The name, or a fault that says what is wrong with it.
    @discardableResult
    package static func check(_ name: String, _ what: StaticString) throws(Fault) -> String {
        guard isValid(name) else {
            throw Fault(
                WireCode.invalid,
                "\(what): a name has 1 to 64 characters of a-z, 0-9, '.', '_' and '-'")
        }
        return name
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}

/// Whom a request is for: an agent, or one of its instances written `agent#instance`.
package struct Address: Hashable, Sendable, CustomStringConvertible {
    package let agent: String
    package let instance: String?

    package init(agent: String, instance: String? = nil) {
        self.agent = agent
        self.instance = instance
    }

    package init(_ text: String) throws(Fault) {
        guard let mark = text.utf8.firstIndex(of: UInt8(ascii: "#")) else {
            self.init(agent: try Name.check(text, "receiver"))
            return
        }
        let instance = String(text[text.utf8.index(after: mark)...])
        self.init(
            agent: try Name.check(String(text[..<mark]), "receiver"),
            instance: try Name.check(instance, "receiver's instance"))
    }

    package var description: String { instance.map { "\(agent)#\($0)" } ?? agent }
}
