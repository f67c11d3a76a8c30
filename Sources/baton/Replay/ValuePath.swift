import Telemetry

/// A place, or many places, in a JSON value, as `--ignore` names them: `$.items[0].name`,
/// `items[*].id`, `..timestamp`.
struct ValuePath: Sendable, Hashable, CustomStringConvertible {
    enum Piece: Sendable, Hashable {
        case member(String)
        case index(Int)
        /// Every member, or every element.
        case any
        /// A member of this name however deep.
        case deep(String)
    }

    private(set) var pieces: [Piece] = []

    init() {}

    init(_ text: String) throws(Fault) {
        var rest = text[...]
        if rest.first == "$" { rest.removeFirst() }
        while !rest.isEmpty {
            guard let piece = Self.piece(&rest, isFirst: rest.startIndex == text.startIndex) else {
                throw Fault(
                    Exit.usage,
                    "\(Printable.quoted(text)) is no path; write $.items[0].name, items[*].id or "
                        + "..timestamp.")
            }
            pieces.append(piece)
        }
    }

    func member(_ name: String) -> ValuePath { appending(.member(name)) }

    func element(_ index: Int) -> ValuePath { appending(.index(index)) }

    private func appending(_ piece: Piece) -> ValuePath {
        var path = self
        path.pieces.append(piece)
        return path
    }

    /// Whether a place is one of those that this path names, or lies within one.
    func covers(_ place: ValuePath) -> Bool {
        Self.covers(pieces[...], place.pieces[...])
    }

    var description: String { pieces.reduce("$") { $0 + Self.text($1) } }

    // MARK: - Steps

    private static func covers(_ own: ArraySlice<Piece>, _ place: ArraySlice<Piece>) -> Bool {
        guard let first = own.first else { return true }
        guard let next = place.first else { return false }
        let (ownRest, placeRest) = (own.dropFirst(), place.dropFirst())
        switch first {
        case .any: return covers(ownRest, placeRest)
        case .deep(let name):
            return next == .member(name) && covers(ownRest, placeRest) || covers(own, placeRest)
        default: return first == next && covers(ownRest, placeRest)
        }
    }

    private static func piece(_ rest: inout Substring, isFirst: Bool) -> Piece? {
        if rest.hasPrefix("..") {
            rest.removeFirst(2)
            return name(&rest).map(Piece.deep)
        }
        switch rest.first {
        case ".":
            rest.removeFirst()
            return name(&rest).map { $0 == "*" ? .any : .member($0) }
        case "[": return bracket(&rest)
        default: return isFirst ? name(&rest).map { $0 == "*" ? .any : .member($0) } : nil
        }
    }

    private static func name(_ rest: inout Substring) -> String? {
        let name = rest.prefix { $0 != "." && $0 != "[" && $0 != "]" }
        rest = rest[name.endIndex...]
        return name.isEmpty ? nil : String(name)
    }

    /// `[0]`, `[*]`, `["odd.name"]`.
    private static func bracket(_ rest: inout Substring) -> Piece? {
        rest.removeFirst()
        if rest.first == "\"" {
            rest.removeFirst()
            guard let end = rest.firstIndex(of: "\"") else { return nil }
            let name = String(rest[..<end])
            rest = rest[rest.index(after: end)...]
            guard rest.first == "]" else { return nil }
            rest.removeFirst()
            return .member(name)
        }
        guard let end = rest.firstIndex(of: "]") else { return nil }
        let word = rest[..<end]
        rest = rest[rest.index(after: end)...]
        if word == "*" { return .any }
        guard let index = Int(word), index >= 0 else { return nil }
        return .index(index)
    }

    private static func text(_ piece: Piece) -> String {
        switch piece {
        case .index(let index): "[\(index)]"
        case .any: "[*]"
        case .deep(let name): "..\(name)"
        case .member(let name):
            name.isEmpty || name.contains { ".[]\"".contains($0) || $0.isWhitespace }
                ? "[\"\(name)\"]" : ".\(name)"
        }
    }
}
