import Glibc
import Reactor
import Telemetry

/// Asks whoever sits at the terminal, a line at a time, without holding anything else up. Where
/// standard input or standard error is no terminal nobody is asked.
struct Prompt: Sendable {
    let console: Console

    static let longest = 1 << 16

    var isThere: Bool { console.errors.terminal.isTerminal && isatty(STDIN_FILENO) == 1 }

    /// What was typed, without its end; nil: nothing more comes.
    func line(_ question: Text) async throws -> String? {
        let text = question.rendered(colour: console.errors.terminal.colour) + " "
        try console.errors.raw(text)
        let (lines, queue) = AsyncStream.makeStream(
            of: [UInt8].self, bufferingPolicy: .bufferingOldest(64))
        let watch = try console.loop.watch(STDIN_FILENO, for: .read) { _ in
            var bytes = [UInt8](repeating: 0, count: 4096)
            let count = unsafe read(STDIN_FILENO, &bytes, bytes.count)
            if count < 0, errno == EINTR || errno == EAGAIN { return }
            guard count > 0 else { return queue.finish() }
            queue.yield(Array(bytes[..<count]))
        }
        defer { watch.cancel() }
        var line: [UInt8] = []
        for await bytes in lines {
            line += bytes
            // A terminal hands out whole lines.
            if line.last == UInt8(ascii: "\n") || line.count > Self.longest { break }
        }
        try Task.checkCancellation()
        guard !line.isEmpty else {
            try console.errors.raw("\n")
            return nil
        }
        guard let word = String(validating: line, as: UTF8.self) else { return "" }
        return String(word.trimming)
    }
}

extension String {
    fileprivate var trimming: Substring {
        var rest = self[...]
        while let last = rest.last, last.isWhitespace { rest.removeLast() }
        while let first = rest.first, first.isWhitespace { rest.removeFirst() }
        return rest
    }
}
