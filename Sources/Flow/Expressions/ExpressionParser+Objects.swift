import Document
import Telemetry

/// Objects that are built, and patterns that take values apart.
extension ExpressionParser {
    mutating func object() throws(Fault) -> Syntax {
        try expect(.openBrace)
        var members: [(key: Syntax, value: Syntax)] = []
        if try take(.closeBrace) { return .object([]) }
        repeat { members.append(try member()) } while try take(.comma)
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
            try expect(.closeParenthesis)
            try expect(.colon)
            return (key, try memberValue())
        default:
            let key = try memberKey()
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
        var links = [try binary(0)]
        while try take(.pipe) { links.append(try binary(0)) }
        return Syntax.folded(links)
    }

    /// `term as pattern`, as a binding of nothing.
    mutating func boundTerm() throws(Fault) -> Syntax {
        let term = try plainPostfix()
        try expect("as")
        return .bind(term, try pattern(), .identity)
    }

    mutating func pattern() throws(Fault) -> Syntax.Pattern {
        try deeper()
        defer { shallower() }
        switch token {
        case .variable(let name):
            try advance()
            return .variable(name)
        case .sign(.openBracket):
            try advance()
            var elements: [Syntax.Pattern] = []
            repeat { elements.append(try pattern()) } while try take(.comma)
            try expect(.closeBracket)
            return .array(elements)
        case .sign(.openBrace):
            try advance()
            var members: [(variable: String?, key: Syntax, pattern: Syntax.Pattern?)] = []
            repeat { members.append(try patternMember()) } while try take(.comma)
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
        try expect(.colon)
        return (nil, key, try pattern())
    }
}
