import Document
import Telemetry

/// Reads the text of an expression into a tree by precedence. How deep it recurses is bounded, so a
/// text of ten thousand parentheses is a fault and no overflow.
struct ExpressionParser {
    typealias Sign = ExpressionToken.Sign

    static let longestText = 64 << 10
    static let deepest = 100
    /// The tallest tree: whoever walks it recurses, and frees it so.
    static let tallest = 200

    var lexer: ExpressionLexer
    var token = ExpressionToken.end
    private var depth = 0
    private let stack = NativeStack()
    /// How tall the tree is that was read last.
    var height = 0

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
        return try links(of: .pipe) { parser throws(Fault) in try parser.comma() }
    }

    private mutating func comma() throws(Fault) -> Syntax {
        try links(of: .comma) { parser throws(Fault) in try parser.binary(0) }
    }

    /// What stands between signs, nested to the right, where the last one is a loop for whoever
    /// evaluates them.
    mutating func links(
        of sign: Sign, _ read: (inout ExpressionParser) throws(Fault) -> Syntax
    ) throws(Fault) -> Syntax {
        var links = [try read(&self)]
        var tall = height
        while try take(sign) {
            links.append(try read(&self))
            tall = max(tall, height + links.count - 1)
        }
        try grown(from: tall, by: links.count > 1 ? 1 : 0)
        return Syntax.folded(links, by: sign)
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
            let tall = height
            let right = try binary(found.level == 0 ? 0 : found.level + 1)
            try grown(from: max(tall, height))
            left = found.join(left, right)
            if found.level == 1 || found.level == 4 { compared = found.level }
        }
        return left
    }

    private mutating func unary() throws(Fault) -> Syntax {
        guard try take(.minus) else { return try postfix() }
        try deeper()
        defer { depth -= 1 }
        let inner = try binary(6)
        try grown(from: height)
        return .negate(inner)
    }

    /// Notes how tall the tree is that was made of others.
    mutating func grown(from tall: Int, by more: Int = 1) throws(Fault) {
        height = tall + more
        guard height <= Self.tallest else { throw tooDeep(Self.tallest) }
    }

    private func tooDeep(_ most: Int) -> Fault {
        Fault(
            FlowCode.limit, "the expression is nested deeper than \(most) levels",
            at: fault("").place)
    }

    mutating func shallower() { depth -= 1 }

    mutating func deeper() throws(Fault) {
        depth += 1
        guard depth <= Self.deepest, !stack.isExhausted else { throw tooDeep(Self.deepest) }
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
