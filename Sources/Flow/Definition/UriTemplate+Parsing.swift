/// Reading a URI template: the simple string expansion of RFC 6570, which is all the language has.
extension UriTemplate {
    /// What is wrong with a text that is no template.
    package struct Mistake: Error, Hashable {
        package let message: String
    }

    package init(_ text: String) throws(Mistake) {
        var parts: [Part] = []
        var rest = text[...]
        while let open = rest.firstIndex(where: { $0 == "{" || $0 == "}" }) {
            guard rest[open] == "{", let close = rest[open...].firstIndex(of: "}") else {
                throw Mistake(message: "a brace without its other one; write {name}")
            }
            let name = rest[rest.index(after: open)..<close]
            guard UriTemplate.isName(name) else {
                throw Mistake(
                    message: "{\(name.prefix(40))} cannot be filled in: only {name} can, with the "
                        + "name of a member of the task's input")
            }
            if open > rest.startIndex { parts.append(.text(String(rest[..<open]))) }
            parts.append(.name(String(name)))
            rest = rest[rest.index(after: close)...]
        }
        if !rest.isEmpty { parts.append(.text(String(rest))) }
        guard !text.utf8.contains(where: { $0 <= 0x20 || $0 == 0x7F }) else {
            throw Mistake(message: "a URI holds no blanks; write one as %20")
        }
        self.init(text: text, parts: parts)
    }

    /// Whether nothing is left to be filled in.
    package var isFixed: Bool {
        !parts.contains { if case .name = $0 { true } else { false } }
    }

    private static func isName(_ name: Substring) -> Bool {
        !name.isEmpty
            && name.utf8.allSatisfy { byte in
                byte.isAlphanumeric || byte >= 0x80 || "_.-%".utf8.contains(byte)
            }
    }
}
