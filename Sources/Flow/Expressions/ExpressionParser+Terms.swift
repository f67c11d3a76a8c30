import Document
import Telemetry

/// Terms: paths, literals, calls, and the words that begin a construct.
extension ExpressionParser {
    /// A term with all that follows it closely: `.name`, `[…]`, `?`; and `as`, which takes the
    /// rest.
    mutating func postfix() throws(Fault) -> Syntax {
        let term = try plainPostfix()
        guard try take("as") else { return term }
        var tall = height
        let pattern = try pattern()
        tall = max(tall, height)
        if token == .sign(.destructuring) { throw leftOut("'?//'") }
        try expect(.pipe)
        let body = try pipe()
        try grown(from: max(tall, height))
        return .bind(term, pattern, body)
    }

    mutating func plainPostfix() throws(Fault) -> Syntax {
        var term = try term()
        while true {
            switch token {
            case .field(let name):
                try advance()
                try grown(from: height)
                term = .index(term, key: .literal(.string(name)), isOptional: try take(.question))
            case .sign(.dot):
                try advance()
                term = try dotted(term)
            case .sign(.openBracket): term = try bracket(term)
            case .sign(.question):
                try advance()
                try grown(from: height)
                term = .attempt(term, rescue: nil)
            default: return term
            }
        }
    }

    private mutating func term() throws(Fault) -> Syntax {
        height = 1
        switch token {
        case .number(let number):
            try advance()
            return .literal(number)
        case .quote: return try string(nil)
        case .format: return try format()
        case .variable(let text):
            let name = Syntax.Name(text: text, place: lexer.start)
            try advance()
            return .variable(name)
        case .field(let name):
            try advance()
            return .index(
                .identity, key: .literal(.string(name)), isOptional: try take(.question))
        case .name(let name): return try word(name)
        case .sign(let sign): return try opened(sign)
        case .end: throw unexpected("a term")
        }
    }

    private mutating func opened(_ sign: Sign) throws(Fault) -> Syntax {
        switch sign {
        case .dot:
            try advance()
            if token == .quote { return try dotted(.identity) }
            return .identity
        case .recurse:
            try advance()
            return .recurse
        case .openParenthesis:
            try advance()
            let inner = try pipe()
            try expect(.closeParenthesis)
            return inner
        case .openBracket:
            try advance()
            if try take(.closeBracket) { return .array(nil) }
            let inner = try pipe()
            try grown(from: height)
            try expect(.closeBracket)
            return .array(inner)
        case .openBrace: return try object()
        case .minus:
            try advance()
            let inner = try postfix()
            try grown(from: height)
            return .negate(inner)
        default: throw unexpected("a term")
        }
    }

    /// What follows a lone dot: `"name"` or `[…]`.
    private mutating func dotted(_ base: Syntax) throws(Fault) -> Syntax {
        switch token {
        case .quote:
            let tall = height
            let key = try string(nil)
            try grown(from: max(tall, height))
            return .index(base, key: key, isOptional: try take(.question))
        case .sign(.openBracket): return try bracket(base)
        default: throw unexpected("a name in quotes or '[' after '.'")
        }
    }

    private mutating func bracket(_ base: Syntax) throws(Fault) -> Syntax {
        try expect(.openBracket)
        try grown(from: height)
        let tall = height
        defer { height = max(height, tall) }
        if try take(.closeBracket) {
            return .iterate(base, isOptional: try take(.question))
        }
        if try take(.colon) {
            let end = try pipe()
            try grown(from: height)
            try expect(.closeBracket)
            return .slice(base, from: nil, to: end, isOptional: try take(.question))
        }
        let key = try pipe()
        try grown(from: height)
        if try take(.colon) {
            let keyHeight = height
            let end = token == .sign(.closeBracket) ? nil : try pipe()
            try grown(from: max(keyHeight, height))
            try expect(.closeBracket)
            return .slice(base, from: key, to: end, isOptional: try take(.question))
        }
        try expect(.closeBracket)
        return .index(base, key: key, isOptional: try take(.question))
    }

    private mutating func format() throws(Fault) -> Syntax {
        guard case .format(let text) = token else { return .identity }
        let name = Syntax.Name(text: text, place: lexer.start)
        try advance()
        return token == .quote ? try string(name) : .format(name)
    }

    /// A string from behind its opening quote to its closing one.
    mutating func string(_ format: Syntax.Name?) throws(Fault) -> Syntax {
        var pieces: [Syntax.Piece] = []
        var tall = 0
        while true {
            let (text, end) = try lexer.piece()
            if !text.isEmpty { pieces.append(.text(text)) }
            if end == .quote { break }
            try advance()
            pieces.append(.expression(try pipe()))
            tall = max(tall, height)
            guard token == .sign(.closeParenthesis) else { throw unexpected("')'") }
        }
        try advance()
        try grown(from: tall)
        if pieces.isEmpty { return .literal("") }
        if pieces.count == 1, case .text(let text) = pieces[0] { return .literal(.string(text)) }
        return .string(format: format, pieces: pieces)
    }

    func leftOut(_ what: String) -> Fault {
        fault("\(what) is part of jq that is left out here; see the list of what is left out")
    }
}
