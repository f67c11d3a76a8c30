import Glibc
import Reactor
import Telemetry

/// `baton top` on a terminal: the whole screen, drawn anew with each picture, each key and each
/// change of the window. The terminal is given back as it was on every way out.
enum LiveTop {
    private enum Event: Sendable {
        case frame(TopFrame)
        case key(UInt8)
        case resized
        case over
    }

    private enum Key {
        static let interrupt: UInt8 = 3
        static let quit = [UInt8(ascii: "q"), UInt8(ascii: "Q")]
    }

    static func run(
        _ watch: TopWatch, _ order: TopOrder, count: Int?, _ console: Console
    ) async throws -> Exit {
        let (events, queue) = AsyncStream.makeStream(
            of: Event.self, bufferingPolicy: .bufferingNewest(64))
        return try await Interruption.cancelling(on: console.loop) {
            try await withThrowingTaskGroup(of: Exit?.self) { group in
                group.addTask {
                    try await watch.frames { frame, number in
                        queue.yield(.frame(frame))
                        return number < count ?? .max
                    }
                    queue.yield(.over)
                    return nil
                }
                group.addTask { try await show(events, order, queue, console) }
                defer { group.cancelAll() }
                while let exit = try await group.next() { if let exit { return exit } }
                throw CancellationError()
            }
        }
    }

    /// Draws what comes, until a key or the last picture ends it.
    private static func show(
        _ events: AsyncStream<Event>, _ order: TopOrder,
        _ queue: AsyncStream<Event>.Continuation, _ console: Console
    ) async throws -> Exit {
        let stage = Stage(console, queue)
        defer { stage.close() }
        var page: TopPage?
        for await event in events {
            switch event {
            case .frame(let frame):
                var next = page ?? TopPage(frame: frame, order: order)
                next.take(frame, at: Timestamp.now.clock)
                page = next
            case .key(Key.interrupt): throw CancellationError()
            case .key(let key) where Key.quit.contains(key): return .ok
            case .key(let key): page?.take(key)
            case .resized: break
            case .over: return .ok
            }
            if let page { try stage.draw(page) }
        }
        throw CancellationError()
    }

    /// The terminal with its keys and the word of its changes: taken with the first picture, so
    /// that what goes wrong before is said on the screen that everybody sees.
    private final class Stage {
        private let console: Console
        private let queue: AsyncStream<Event>.Continuation
        private var screen: FullScreen?
        private var keyboard: Keyboard?
        private var resizing: Watch?

        init(_ console: Console, _ queue: AsyncStream<Event>.Continuation) {
            self.console = console
            self.queue = queue
        }

        func draw(_ page: TopPage) throws {
            if screen == nil { try open() }
            try screen?.draw(page.lines(fitting: .now))
        }

        private func open() throws {
            let queue = queue
            screen = try FullScreen(console.output, takesKeys: true)
            keyboard = try Keyboard(on: console.loop) { key in
                queue.yield(key.map { .key($0) } ?? .over)
            }
            resizing = try console.loop.onSignal(SIGWINCH) { queue.yield(.resized) }
        }

        func close() {
            keyboard?.close()
            resizing?.cancel()
            screen?.close()
        }
    }
}

extension TopPage {
    fileprivate mutating func take(_ frame: TopFrame, at time: String) {
        guard !isPaused else { return }
        self = TopPage(frame: frame, order: order, time: time, isPaused: isPaused)
    }

    fileprivate mutating func take(_ key: UInt8) {
        switch key {
        case UInt8(ascii: "s"): order = order.next
        case UInt8(ascii: "p"), UInt8(ascii: " "): isPaused.toggle()
        default: break
        }
    }
}
