/// Cuts a Swift file into tokens, far enough for the rules of this folder: it knows comments, texts
/// with what is interpolated in them, words, numbers and single signs, and no grammar. It never
/// fails: the compiler does.
struct Lexer {
    private let bytes: [UInt8]
    private var position = 0
    private var line = 1
    private var end = -1
    private(set) var tokens: [Token] = []

    static func tokens(of text: String) -> [Token] {
        var lexer = Lexer(bytes: Array(text.utf8))
        lexer.run(untilParenthesis: false)
        return lexer.tokens
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    private func byte(_ offset: Int = 0) -> UInt8 {
        position + offset < bytes.count ? bytes[position + offset] : 0
    }

    private func starts(with text: StaticString) -> Bool {
        bytes[position...].starts(with: "\(text)".utf8)
    }

    private mutating func advance() {
        if byte() == UInt8(ascii: "\n") { line += 1 }
        position += 1
    }

    private mutating func run(untilParenthesis: Bool) {
        var depth = 0
        while position < bytes.count {
            if untilParenthesis {
                if byte() == UInt8(ascii: "(") { depth += 1 }
                if byte() == UInt8(ascii: ")") { depth -= 1 }
                if depth < 0 { return }
            }
            step()
        }
    }

    private mutating func step() {
        switch byte() {
        case UInt8(ascii: " "), UInt8(ascii: "\n"), UInt8(ascii: "\t"), UInt8(ascii: "\r"):
            advance()
        case UInt8(ascii: "/") where starts(with: "//"): lineComment()
        case UInt8(ascii: "/") where starts(with: "/*"): blockComment()
        case UInt8(ascii: "\""): literal(hashes: 0)
        case UInt8(ascii: "#") where hashesBeforeQuote > 0: literal(hashes: hashesBeforeQuote)
        case let first where isWordByte(first): word()
        default: token(.sign) { $0.advance() }
        }
    }

    /// Adds a token of what the body passes over.
    private mutating func token(_ kind: Token.Kind, _ body: (inout Lexer) -> Void) {
        let start = position
        let startLine = line
        body(&self)
        let text = String(decoding: bytes[start..<min(position, bytes.count)], as: UTF8.self)
        tokens.append(Token(kind: kind, text: text, line: startLine, isAttached: end == start))
        end = position
    }

    private mutating func lineComment() {
        token(.comment) { lexer in
            while lexer.position < lexer.bytes.count && lexer.byte() != UInt8(ascii: "\n") {
                lexer.advance()
            }
        }
    }

    private mutating func blockComment() {
        token(.comment) { lexer in
            var depth = 0
            repeat {
                if lexer.starts(with: "/*") {
                    depth += 1
                    lexer.advance()
                } else if lexer.starts(with: "*/") {
                    depth -= 1
                    lexer.advance()
                }
                lexer.advance()
            } while depth > 0 && lexer.position < lexer.bytes.count
        }
    }

    private mutating func word() {
        let isNumber = (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte())
        token(isNumber ? .number : .word) { lexer in
            while lexer.isWordByte(lexer.byte()) { lexer.advance() }
        }
    }

    private func isWordByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), 0x80...:
            true
        default: false
        }
    }

    /// How many `#` stand before the quote of a raw text; zero when this is none.
    private var hashesBeforeQuote: Int {
        var count = 0
        while byte(count) == UInt8(ascii: "#") { count += 1 }
        return byte(count) == UInt8(ascii: "\"") ? count : 0
    }

    /// A text is one token; what is interpolated in it follows as tokens of its own.
    private mutating func literal(hashes: Int) {
        let start = position
        let startLine = line
        let isAttached = end == start
        let place = tokens.count
        position += hashes
        let quotes = starts(with: "\"\"\"") ? 3 : 1
        position += quotes
        while position < bytes.count && !closesLiteral(quotes: quotes, hashes: hashes) {
            if quotes == 1 && byte() == UInt8(ascii: "\n") { break }
            passLiteralByte(hashes: hashes)
        }
        position = min(position + quotes + hashes, bytes.count)
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        tokens.insert(
            Token(kind: .text, text: text, line: startLine, isAttached: isAttached), at: place)
        end = position
    }

    private mutating func passLiteralByte(hashes: Int) {
        guard byte() == UInt8(ascii: "\\"),
            (0..<hashes).allSatisfy({ byte(1 + $0) == UInt8(ascii: "#") })
        else { return advance() }
        position += 1 + hashes
        guard byte() == UInt8(ascii: "(") else { return advance() }
        advance()
        run(untilParenthesis: true)
        advance()
    }

    private func closesLiteral(quotes: Int, hashes: Int) -> Bool {
        (0..<quotes).allSatisfy { byte($0) == UInt8(ascii: "\"") }
            && (0..<hashes).allSatisfy { byte(quotes + $0) == UInt8(ascii: "#") }
    }
}
