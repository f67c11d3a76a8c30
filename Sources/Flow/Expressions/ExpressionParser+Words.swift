import Document
import Telemetry

/// Constructs that begin with a word, and calls.
extension ExpressionParser {
    static let keywords: Set<String> = [
        "def", "if", "then", "elif", "else", "end", "as", "reduce", "foreach", "try", "catch",
        "label", "import", "include", "and", "or",
    ]

    mutating func word(_ name: String) throws(Fault) -> Syntax {
        switch name {
        case "if": return try condition()
        case "try": return try attempt()
        case "reduce", "foreach": return try fold(name)
        case "def": return try definition()
        case "null", "true", "false":
            try advance()
            return .literal(name == "null" ? .null : .bool(name == "true"))
        case "label", "import", "include", "break":
            throw leftOut("'\(name)'")
        default:
            if Self.keywords.contains(name) { throw unexpected("a term") }
            return try call(name)
        }
    }

    private mutating func call(_ text: String) throws(Fault) -> Syntax {
        let name = Syntax.Name(text: text, place: lexer.start)
        try advance()
        guard try take(.openParenthesis) else { return .call(name, []) }
        var (arguments, tall): ([Syntax], Int) = ([], 0)
        repeat {
            arguments.append(try pipe())
            tall = max(tall, height)
        } while try take(.semicolon)
        try grown(from: tall)
        try expect(.closeParenthesis)
        return .call(name, arguments)
    }

    private mutating func condition() throws(Fault) -> Syntax {
        try advance()
        var (branches, tall): ([(Syntax, Syntax)], Int) = ([], 0)
        repeat {
            let condition = try pipe()
            tall = max(tall, height)
            try expect("then")
            branches.append((condition, try pipe()))
            tall = max(tall, height)
        } while try take("elif")
        var all = try take("else") ? try pipe() : .identity
        try grown(from: max(tall, height), by: branches.count)
        try expect("end")
        for (condition, branch) in branches.reversed() {
            all = .condition(condition, then: branch, otherwise: all)
        }
        return all
    }

    private mutating func attempt() throws(Fault) -> Syntax {
        try advance()
        let body = try tried()
        let tall = height
        let rescue: Syntax? = try take("catch") ? try tried() : nil
        try grown(from: max(tall, height))
        return .attempt(body, rescue: rescue)
    }

    /// What `try` and `catch` hold: one term, so that operators belong to what is around them.
    private mutating func tried() throws(Fault) -> Syntax {
        try deeper()
        defer { shallower() }
        return try postfix()
    }

    private mutating func fold(_ name: String) throws(Fault) -> Syntax {
        try advance()
        try deeper()
        defer { shallower() }
        // The source is one term, and `as` ends it.
        guard case .bind(let source, let pattern, _) = try boundTerm() else {
            throw unexpected("'as'")
        }
        var tall = height
        try expect(.openParenthesis)
        let start = try pipe()
        tall = max(tall, height)
        try expect(.semicolon)
        let update = try pipe()
        tall = max(tall, height)
        var extract = Syntax.identity
        if name == "foreach", try take(.semicolon) { extract = try pipe() }
        try grown(from: max(tall, height))
        try expect(.closeParenthesis)
        guard name == "foreach" else {
            return .reduce(source, pattern, start: start, update: update)
        }
        return .foreach(
            source, pattern, start: start, update: update, extract: extract)
    }

    /// `def name(parameters): body;` and the expression it is for.
    mutating func definition() throws(Fault) -> Syntax {
        try deeper()
        defer { shallower() }
        try expect("def")
        guard case .name(let name) = token else { throw unexpected("the function's name") }
        if Self.keywords.contains(name) { throw unexpected("the function's name") }
        try advance()
        var parameters: [(name: String, isVariable: Bool)] = []
        if try take(.openParenthesis) {
            repeat { parameters.append(try parameter()) } while try take(.semicolon)
            try expect(.closeParenthesis)
        }
        try expect(.colon)
        let body = try pipe()
        let tall = height
        try expect(.semicolon)
        let definition = Syntax.Definition(name: name, parameters: parameters, body: body)
        let rest = try pipe()
        try grown(from: max(tall, height))
        return .define(definition, rest)
    }

    private mutating func parameter() throws(Fault) -> (name: String, isVariable: Bool) {
        switch token {
        case .name(let name) where !Self.keywords.contains(name):
            try advance()
            return (name, false)
        case .variable(let name):
            try advance()
            return (name, true)
        default: throw unexpected("a parameter")
        }
    }
}
