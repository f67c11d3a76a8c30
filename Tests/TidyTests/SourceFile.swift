/// One file of the project, read once: its lines for rules about text, its tokens for rules about
/// Swift.
struct SourceFile {
    /// Relative to the project's folder.
    let path: String
    let lines: [Substring]
    /// Every token but comments.
    let code: [Token]
    let comments: [Token]

    init(path: String, text: String) {
        self.path = path
        lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let tokens = path.hasSuffix(".swift") ? Lexer.tokens(of: text) : []
        code = tokens.filter { $0.kind != .comment }
        comments = tokens.filter { $0.kind == .comment }
    }

    var name: Substring {
        path[(path.lastIndex(of: "/").map(path.index(after:)) ?? path.startIndex)...]
    }

    var isSwift: Bool { path.hasSuffix(".swift") }

    /// The entry of a program, which is a file of statements rather than of a type.
    var isMain: Bool { name == "main.swift" || name == "Main.swift" }

    /// Whether it lies in one of these folders, or is one of these files.
    func isIn(_ places: [String]) -> Bool {
        places.contains { path == $0 || ($0.hasSuffix("/") && path.hasPrefix($0)) }
    }

    /// The module a source file belongs to: the folder below `Sources`.
    var module: String? {
        let parts = path.split(separator: "/")
        return parts.count > 2 && parts[0] == "Sources" ? String(parts[1]) : nil
    }

    /// The token at an index, or a sign that matches nothing beyond the ends.
    func token(_ index: Int) -> Token {
        code.indices.contains(index)
            ? code[index] : Token(kind: .sign, text: "", line: lines.count, isAttached: false)
    }

    /// Where each of these words stands in the code.
    func positions(of words: Set<String>) -> [Int] {
        code.indices.filter { code[$0].kind == .word && words.contains(code[$0].text) }
    }

    /// The index of the sign that closes the one at the index, or the last index.
    func closing(of open: Int) -> Int {
        var depth = 0
        for index in open..<code.count where code[index].kind == .sign {
            switch code[index].text {
            case "(", "[", "{": depth += 1
            case ")", "]", "}": depth -= 1
            default: continue
            }
            if depth == 0 { return index }
        }
        return code.count - 1
    }
}
