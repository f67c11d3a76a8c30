import Document
import Telemetry

/// Objects that are built, and patterns that take values apart.
extension ExpressionParser {
    mutating func object() throws(Fault) -> Syntax {
        try expect(.openBrace)
        var members: [(key: Syntax, value: Syntax)] = []
        var tall = 0
        if try take(.closeBrace) { return .object([]) }
        repeat {
            height = 1
            members.append(try member())
            tall = max(tall, height)
        } while try take(.comma)
        try grown(from: tall)
        guard try take(.closeBrace) else { throw unexpected("',' or '}'") }
        return .object(members)
    }

    private mutating func member() throws(Fault) -> (key: Syntax, value: Syntax) {
        switch token {
        case .variable(let text):
            let name = Syntax.Name(text: text, place: lexer.start)
            try advance()
            if try take(.colon) { return (.variable(name), try memberValue()) }
            return (.literal(.string(text)), .variable(name))
        case .sign(.openParenthesis):
            try advance()
            let key = try pipe()
            let tall = height
            try expect(.closeParenthesis)
            try expect(.colon)
            let value = try memberValue()
            height = max(height, tall)
            return (key, value)
        default:
            let key = try memberKey()
            let tall = height
            defer { height = max(height, tall) }
            if try take(.colon) { return (key, try memberValue()) }
            if case .literal(.integer) = key { throw unexpected("':'") }
            return (key, .index(.identity, key: key, isOptional: false))
        }
    }

    /// A name, a keyword, a text or a text with a format.
    private mutating func memberKey() throws(Fault) -> Syntax {
        switch token {
        case .name(let name):
            try advance()
            return .literal(.string(name))
        case .quote: return try string(nil)
        case .format(let text):
            let name = Syntax.Name(text: text, place: lexer.start)
            try advance()
            guard token == .quote else { throw unexpected("a text after the format") }
            return try string(name)
        default: throw unexpected("a key; a computed one stands in parentheses")
        }
    }

    /// A value ends at a comma; a pipe may stand in it.
    private mutating func memberValue() throws(Fault) -> Syntax {
        try links(of: .pipe) { parser throws(Fault) in try parser.binary(0) }
    }

    /// `term as pattern`, as a binding of nothing.
    mutating func boundTerm() throws(Fault) -> Syntax {
        let term = try plainPostfix()
        let tall = height
        try expect("as")
        let pattern = try pattern()
        height = max(height, tall)
        return .bind(term, pattern, .identity)
    }

    mutating func pattern() throws(Fault) -> Syntax.Pattern {
        try deeper()
        defer { shallower() }
        switch token {
        case .variable(let name):
            try advance()
            height = 1
            return .variable(name)
        case .sign(.openBracket):
            try advance()
            var elements: [Syntax.Pattern] = []
            var tall = 0
            repeat {
                elements.append(try pattern())
                tall = max(tall, height)
            } while try take(.comma)
            try grown(from: tall)
            try expect(.closeBracket)
            return .array(elements)
        case .sign(.openBrace):
            try advance()
            var members: [(variable: String?, key: Syntax, pattern: Syntax.Pattern?)] = []
            var tall = 0
            repeat {
                members.append(try patternMember())
                tall = max(tall, height)
            } while try take(.comma)
            try grown(from: tall)
            try expect(.closeBrace)
            return .object(members)
        default: throw unexpected("'$name', '[' or '{' after 'as'")
        }
    }

    private mutating func patternMember() throws(Fault) -> (
        variable: String?, key: Syntax, pattern: Syntax.Pattern?
    ) {
        if case .variable(let name) = token {
            try advance()
            let rest: Syntax.Pattern? = try take(.colon) ? try pattern() : nil
            return (name, .literal(.string(name)), rest)
        }
        let key: Syntax
        if try take(.openParenthesis) {
            key = try pipe()
            try expect(.closeParenthesis)
        } else {
            key = try memberKey()
        }
        let tall = height
        try expect(.colon)
        let inner = try pattern()
        height = max(height, tall)
        return (nil, key, inner)
    }
}
