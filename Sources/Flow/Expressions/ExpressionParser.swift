import Document
import Telemetry

/// Reads the text of an expression into a tree by precedence. How deep it recurses is bounded, so a
/// text of ten thousand parentheses is a fault and no overflow.
struct ExpressionParser {
    typealias Sign = ExpressionToken.Sign

    static let longestText = 64 << 10
    static let deepest = 100

    var lexer: ExpressionLexer
    var token = ExpressionToken.end
    private var depth = 0

    static func parse(_ text: String) throws(Fault) -> Syntax {
        var parser = ExpressionParser(lexer: ExpressionLexer(text))
        guard parser.lexer.bytes.count <= longestText else {
            throw Fault(
                FlowCode.limit,
                "the expression has \(parser.lexer.bytes.count) bytes, allowed are \(longestText)")
        }
        try parser.advance()
        guard parser.token != .end else {
            throw parser.fault("the expression is empty; '.' is all")
        }
        let syntax = try parser.pipe()
        guard parser.token == .end else { throw parser.unexpected("an operator or the end") }
        return syntax
    }

    private init(lexer: ExpressionLexer) { self.lexer = lexer }

    mutating func advance() throws(Fault) { token = try lexer.next() }

    /// Everything up to a closing sign: definitions, `|`, and what binds tighter.
    mutating func pipe() throws(Fault) -> Syntax {
        try deeper()
        defer { depth -= 1 }
        var links = [try comma()]
        while try take(.pipe) { links.append(try comma()) }
        return Syntax.folded(links)
    }

    private mutating func comma() throws(Fault) -> Syntax {
        var links = [try binary(0)]
        while try take(.comma) { links.append(try binary(0)) }
        guard var all = links.first else { return .identity }
        for link in links.dropFirst() { all = .comma(all, link) }
        return all
    }

    /// Operators from a level on upwards: `//` 0, assignments 1, `or` 2, `and` 3, comparisons 4,
    /// sums 5, products 6.
    mutating func binary(_ lowest: Int) throws(Fault) -> Syntax {
        try deeper()
        defer { depth -= 1 }
        var left = try unary()
        var compared = Int.max
        while let found = infix, found.level >= lowest {
            guard found.level != compared else {
                throw fault("\(token.described) cannot follow another one; use parentheses")
            }
            try advance()
            let right = try binary(found.level == 0 ? 0 : found.level + 1)
            left = found.join(left, right)
            if found.level == 1 || found.level == 4 { compared = found.level }
        }
        return left
    }

    private mutating func unary() throws(Fault) -> Syntax {
        guard try take(.minus) else { return try postfix() }
        try deeper()
        defer { depth -= 1 }
        return .negate(try binary(6))
    }

    mutating func shallower() { depth -= 1 }

    mutating func deeper() throws(Fault) {
        depth += 1
        guard depth <= Self.deepest else {
            throw Fault(
                FlowCode.limit, "the expression is nested deeper than \(Self.deepest) levels",
                at: fault("").place)
        }
    }
}

/// Tokens and faults.
extension ExpressionParser {
    mutating func take(_ sign: Sign) throws(Fault) -> Bool {
        guard token == .sign(sign) else { return false }
        try advance()
        return true
    }

    mutating func take(_ word: String) throws(Fault) -> Bool {
        guard case .name(let name) = token, name == word else { return false }
        try advance()
        return true
    }

    mutating func expect(_ sign: Sign) throws(Fault) {
        guard try take(sign) else { throw unexpected("'\(sign.rawValue)'") }
    }

    mutating func expect(_ word: String) throws(Fault) {
        guard try take(word) else { throw unexpected("'\(word)'") }
    }

    func fault(_ message: String) -> Fault { lexer.fault(message, at: lexer.start) }

    func unexpected(_ expected: String) -> Fault {
        fault("expected \(expected), found \(token.described)")
    }
}
