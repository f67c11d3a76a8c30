import Document

/// What an expression's text is made of. A string is not one token: its opening quote is, and the
/// parser reads on from there, because expressions may stand within it.
enum ExpressionToken: Equatable {
    case end
    /// An identifier or a keyword.
    case name(String)
    /// `.name`, without the dot.
    case field(String)
    /// `$name`, without the dollar.
    case variable(String)
    /// `@name`, without the at.
    case format(String)
    case number(Value)
    case quote
    case sign(Sign)

    enum Sign: String {
        case dot = "."
        case recurse = ".."
        case openBracket = "["
        case closeBracket = "]"
        case openParenthesis = "("
        case closeParenthesis = ")"
        case openBrace = "{"
        case closeBrace = "}"
        case pipe = "|"
        case comma = ","
        case semicolon = ";"
        case colon = ":"
        case question = "?"
        case destructuring = "?//"
        case alternative = "//"
        case plus = "+"
        case minus = "-"
        case times = "*"
        case divide = "/"
        case modulo = "%"
        case equal = "=="
        case notEqual = "!="
        case less = "<"
        case lessOrEqual = "<="
        case greater = ">"
        case greaterOrEqual = ">="
        case assign = "="
        case update = "|="
        case addTo = "+="
        case subtractFrom = "-="
        case multiplyBy = "*="
        case divideBy = "/="
        case moduloBy = "%="
        case alternativeTo = "//="
    }

    /// How a message shows the token.
    var described: String {
        switch self {
        case .end: "the end"
        case .name(let name): "'\(name)'"
        case .field(let name): "'.\(name)'"
        case .variable(let name): "'$\(name)'"
        case .format(let name): "'@\(name)'"
        case .number(let number): "the number \(number)"
        case .quote: "a text"
        case .sign(let sign): "'\(sign.rawValue)'"
        }
    }
}
