import Reactor

/// The first line of those wanted that a child process writes to its output.
enum FirstLine {
    private static let most = 16

    static func of(
        _ process: ChildProcess, on loop: EventLoop,
        where isWanted: (String) -> Bool = { _ in true }
    ) async throws -> String? {
        guard let output = process.takeOutput() else { return nil }
        let (lines, queue) = AsyncStream.makeStream(
            of: LineSplitter.Line.self, bufferingPolicy: .bufferingOldest(most))
        let reader = try LineReader(output, on: loop) { event in
            if case .line(let line) = event { queue.yield(line) } else { queue.finish() }
        }
        defer { reader.cancel() }
        for await case .whole(let bytes) in lines {
            let line = String(decoding: bytes, as: UTF8.self)
            if isWanted(line) { return line }
        }
        return nil
    }
}
