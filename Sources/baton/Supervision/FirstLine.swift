import Reactor

/// The first line that a child process writes to its output.
enum FirstLine {
    static func of(_ process: ChildProcess, on loop: EventLoop) async throws -> String? {
        guard let output = process.takeOutput() else { return nil }
        let (lines, queue) = AsyncStream.makeStream(
            of: LineSplitter.Line.self, bufferingPolicy: .bufferingOldest(1))
        let reader = try LineReader(output, on: loop) { event in
            if case .line(let line) = event { queue.yield(line) } else { queue.finish() }
        }
        defer { reader.cancel() }
        for await case .whole(let bytes) in lines { return String(decoding: bytes, as: UTF8.self) }
        return nil
    }
}
