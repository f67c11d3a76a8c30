/// Rules about constructs the compiler allows and the house does not, or only with a written
/// reason.
let constructRules = [
    Rule(
        "unchecked constructs carry a SAFETY comment that says why they hold",
        in: ["Sources/", "Tests/TestKit/"]
    ) {
        file in
        let reasons = Set(file.comments.filter { $0.text.contains("SAFETY:") }.map(\.line))
        return uncheckedConstructs(in: file).filter { line, _ in
            !(line - 6...line).contains(where: reasons.contains)
        }
    },
    Rule(
        "a task is started in Main.swift alone; elsewhere use task groups", except: House.taskOwners
    ) { file in
        guard !file.isMain else { return [] }
        return file.positions(of: ["Task"]).filter { startsTask(at: $0, in: file) }.map {
            (file.code[$0].line, "a loose Task")
        }
    },
    Rule(
        "no Task.detached, no DispatchQueue and no Thread outside of Reactor",
        except: House.threadOwners
    ) {
        file in
        let threads = file.positions(of: ["DispatchQueue", "Thread", "pthread_create"])
        let detached = file.positions(of: ["detached"]).filter {
            file.token($0 - 1).isSign(".") && file.token($0 - 2).isWord("Task")
        }
        return (threads + detached).map { (file.code[$0].line, file.code[$0].text) }
    },
    Rule("pointers leave a type only through withX { }") { file in
        file.positions(of: ["package", "public"]).compactMap { pointerLeaving(at: $0, in: file) }
    },
]

private func uncheckedConstructs(in file: SourceFile) -> [(line: Int, detail: String)] {
    file.code.indices.compactMap { index in
        let token = file.code[index]
        let next = file.token(index + 1)
        switch token.text {
        case "fatalError" where next.isSign("("): return (token.line, "fatalError")
        case "unchecked" where file.token(index - 1).isSign("@"): return (token.line, "@unchecked")
        case "nonisolated" where next.isSign("(") && file.token(index + 2).isWord("unsafe"):
            return (token.line, "nonisolated(unsafe)")
        case "!" where token.kind == .sign && isForced(at: index, in: file):
            return (token.line, "\(file.token(index - 1).text)!")
        default: return nil
        }
    }
}

/// Whether the `!` at an index unwraps or forces what stands before it, rather than negating what
/// follows.
private func isForced(at index: Int, in file: SourceFile) -> Bool {
    let before = file.token(index - 1)
    guard file.code[index].isAttached, !file.token(index + 1).isSign("=") else { return false }
    return before.kind == .word || before.kind == .text || before.kind == .number
        || [")", "]", "}", ">", "?"].contains(before.text)
}

/// Whether the word `Task` at an index makes one: `Task {`, `Task(…) {`, `Task.init`.
private func startsTask(at index: Int, in file: SourceFile) -> Bool {
    guard !file.token(index - 1).isSign(".") else { return false }
    let next = file.token(index + 1)
    if next.isSign(".") { return file.token(index + 2).isWord("init") }
    if next.isSign("(") { return file.token(file.closing(of: index + 1) + 1).isSign("{") }
    return next.isSign("{") && !file.token(index - 1).isSign(":")
}

/// The line of a declaration visible outside of its module that gives a pointer away.
private func pointerLeaving(at index: Int, in file: SourceFile) -> (line: Int, detail: String)? {
    let line = file.code[index].line
    var position = index + 1
    while ["static", "mutating", "nonisolated", "borrowing", "consuming", "final"].contains(
        file.token(position).text)
    {
        position += 1
    }
    let name = file.token(position + 1).text
    switch file.token(position).text {
    case "func" where !name.hasPrefix("with"):
        while position < file.code.count, !file.code[position].isSign("{"),
            file.code[position].line < line + 12
        {
            if file.code[position].isSign("("), !file.token(position - 1).isSign("-") {
                position = file.closing(of: position)
            }
            if isPointer(file.token(position)) { return (line, "\(name) gives a pointer away") }
            position += 1
        }
        return nil
    case "var", "let":
        let declaration = file.code[(position + 1)...].prefix {
            $0.line == line && !$0.isSign("{") && !$0.isSign("=")
        }
        return declaration.contains(where: isPointer) ? (line, "\(name) gives a pointer away") : nil
    default: return nil
    }
}

private func isPointer(_ token: Token) -> Bool {
    token.kind == .word
        && (token.text == "OpaquePointer"
            || token.text.hasPrefix("Unsafe") && (token.text.contains("Pointer")))
}
