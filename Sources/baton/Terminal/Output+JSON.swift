import Document

/// Answers for programs: always one line a document, so that a stream of them is JSON lines.
extension Output {
    func json(_ value: Value) throws { try raw(JSON.text(value) + "\n") }
}
