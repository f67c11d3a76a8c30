/// Rules about size: files, functions and lines stay readable at a glance.
let lengthRules = [
    Rule("a file has at most 600 lines; think at 400", in: ["Sources/", "Tests/"]) { file in
        file.isSwift && file.lines.count > 601
            ? [(601, "the file has \(file.lines.count - 1) lines")] : []
    },
    Rule("a function has at most 70 lines, usually under 25", in: ["Sources/", "Tests/"]) { file in
        functionLengths(in: file).filter { $0.length > 70 }.map {
            ($0.line, "\($0.name) has \($0.length) lines")
        }
    },
    Rule("a line has at most 100 columns", in: ["Sources/", "Tests/", "ops/", ".ci/"]) { file in
        guard isCode(file) else { return [] }
        // Foreign clients are kept short enough to read at a glance, and Python's own width is 120.
        let isPython = file.path.hasSuffix(".py") || file.lines.first?.contains("python") == true
        let width = isPython ? 120 : 100
        return file.lines.enumerated().filter { $1.count > width }.map {
            ($0 + 1, "the line has \($1.count) columns")
        }
    },
]

/// Whether people wrote it as code: pages and data are as wide as they are.
private func isCode(_ file: SourceFile) -> Bool {
    let name = file.name.drop { $0 == "." }
    let endings = [".swift", ".c", ".h", ".py", ".sh"]
    return !name.contains(".") || endings.contains { name.hasSuffix($0) }
}

private func functionLengths(in file: SourceFile) -> [(name: String, line: Int, length: Int)] {
    file.positions(of: ["func", "init", "deinit", "subscript"]).compactMap { index in
        guard let open = bodyStart(after: index, in: file) else { return nil }
        let first = file.code[index].line
        let last = file.token(file.closing(of: open)).line
        let isNamed = file.code[index].text == "func"
        return (file.token(isNamed ? index + 1 : index).text, first, last - first + 1)
    }
}

/// Where the body of the declaration at an index begins; a requirement of a protocol and a call
/// have none.
private func bodyStart(after index: Int, in file: SourceFile) -> Int? {
    guard !file.token(index - 1).isSign(".") else { return nil }
    var position = index + 1
    while position < file.code.count {
        let token = file.code[position]
        if token.isSign("{") { return position }
        if token.isSign("}") || token.isSign("=") && token.line != file.code[index].line {
            return nil
        }
        if token.kind == .word, declarationWords.contains(token.text) { return nil }
        position =
            token.isSign("(") || token.isSign("[") ? file.closing(of: position) + 1 : position + 1
    }
    return nil
}

private let declarationWords: Set = [
    "func", "init", "deinit", "subscript", "var", "let", "case", "struct", "class", "enum", "actor",
    "protocol", "extension", "typealias", "return", "if", "guard", "for", "while", "switch",
]
