import Reactor
import Telemetry

/// One connection to one Sentinel: asks it once where the master is, and then listens for as long
/// as it lasts. It decides nothing.
final class SentinelLine {
    private static let patience = Duration.milliseconds(300)
    private static let channel = "+switch-master"

    let host: RedisEndpoint.Host
    private let loop: EventLoop
    private let told: (SentinelLine, SentinelWatch.Event) -> Void
    private var answer: SentinelAnswer
    private var connection: RedisConnection?
    private var timer: Timer?
    private var isListening = false
    private var isOver = false
    /// Replies that belong to commands.
    private var expected = 0

    init(
        _ host: RedisEndpoint.Host, _ answer: SentinelAnswer, on loop: EventLoop,
        _ told: @escaping (SentinelLine, SentinelWatch.Event) -> Void
    ) {
        (self.host, self.answer, self.loop, self.told) = (host, answer, loop, told)
    }

    deinit { connection?.end() }

    func open() {
        timer = loop.timer(after: Self.patience) { [weak self] in
            self?.end("it has not answered within \(Self.patience)")
        }
        let handlers = RedisConnection.Handlers(
            connected: { [weak self] in self?.ask() },
            received: { [weak self] in self?.received($0) ?? false },
            ended: { [weak self] in self?.end($0) })
        let connection = RedisConnection(on: loop, handlers)
        self.connection = connection
        do {
            try connection.open(.tcp(host: host.name, port: host.port))
        } catch {
            RedisLink.inTurn(of: loop) { [weak self] in self?.end(error.message) }
        }
    }

    /// Ends it without a word.
    func close() {
        isOver = true
        timer?.cancel()
        connection?.end()
        connection = nil
    }

    private func ask() {
        for question in answer.questions { send(question) }
    }

    private func send(_ words: [String], then more: [String]? = nil) {
        var first = RedisArguments()
        first.command(words)
        first.raw([0])
        var rest = RedisArguments()
        if let more { rest.command(more) }
        expected += 1
        guard connection?.send(first.buffer, rest.buffer) != true else { return }
        RedisLink.inTurn(of: loop) { [weak self] in self?.end("it takes no commands") }
    }

    /// Tells whether it answers a command.
    private func received(_ reply: RedisReply?) -> Bool {
        guard !isOver else { return false }
        guard let reply else {
            end("its answer cannot be used")
            return false
        }
        guard expected > 0 else {
            // Whatever is published to the one channel is a reason to ask.
            if reply.array?.first?.text == "message" { told(self, .hinted) }
            return false
        }
        expected -= 1
        guard !isListening else { return true }
        if let event = answer.take(reply) { settle(event) }
        return true
    }

    private func settle(_ event: SentinelWatch.Event) {
        timer?.cancel()
        guard case .answered = event else {
            close()
            return told(self, event)
        }
        isListening = true
        // The library sees the first of the two alone: see `RedisLink.subscribe`.
        send(["PING"], then: ["SUBSCRIBE", Self.channel])
        told(self, event)
    }

    private func end(_ reason: String) {
        guard !isOver else { return }
        let event = isListening ? SentinelWatch.Event.deaf : .silent(reason)
        close()
        told(self, event)
    }
}
