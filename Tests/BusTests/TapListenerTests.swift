import Glibc
import Reactor
import TestKit
import Testing
import Wire

@testable import Bus

/// The tap over real sockets: who is let in, what arrives, what is lost by whoever does not take
/// it.
@Suite(.serialized) struct TapListenerTests {
    @Test("an event arrives as it was published, its content cut at 4 KiB")
    func events() throws {
        try EventLoop.run { loop in
            let tower = try Tower(loop)
            defer { tower.close() }
            let listener = try tower.listener(["r/a"])
            await tower.tuneIn(listener)
            tower.publish("r/b", number: 1, content: [1])
            tower.publish("r/a", number: 2, content: Array(repeating: 7, count: 5000))
            tower.publish("r/a", number: 3, content: [3])
            let first = await listener.next()
            #expect(first?.topic == "r/a" && first?.mark.number == 2)
            #expect(first?.content.count == 4096 && first?.mark.length == 5000)
            #expect(first?.mark.flags == [.left, .cut])
            let second = await listener.next()
            #expect(second?.content == [3] && second?.mark.flags == .left)
            #expect((try? Envelope(decoding: second?.envelope ?? []))?.type == .task)
        }
    }

    @Test("B4 a key that is no operator's is refused at the tap, and hears nothing")
    func keys() throws {
        let server = try KeyPair.make(name: "server")
        let boss = try KeyPair.make(name: "boss")
        let worker = try KeyPair.make(name: "worker")
        let mallory = try KeyPair.make(name: "mallory")
        try EventLoop.run { loop in
            let tower = try Tower(
                loop, key: server,
                allowed: [
                    boss.public: Identity(name: "boss", role: .operator),
                    worker.public: Identity(name: "worker", role: .worker),
                ])
            defer { tower.close() }
            let strangers = try [worker, mallory].map { try tower.listener([""], key: $0) }
            for stranger in strangers { #expect(await stranger.word() == .refused) }
            #expect(tower.topics.isEmpty)
            let listener = try tower.listener(["e/"], key: boss)
            #expect(await listener.word() == .connected)
            await tower.tuneIn(listener)
            #expect(tower.topics == ["e/"])
            tower.publish("e/TASK", number: 9, content: [])
            #expect(await listener.next()?.mark.number == 9)
        }
    }

    @Test("whoever does not take its events loses some, and the publisher never waits")
    func stalled() throws {
        try EventLoop.run { loop in
            let tower = try Tower(loop)
            defer { tower.close() }
            let listener = try tower.listener(["e/"])
            await tower.tuneIn(listener)
            // More than all queues on the way have room for, in one go: nobody listens meanwhile.
            let last: UInt64 = 60_000
            let content = [UInt8](repeating: 7, count: 2000)
            for number in 1...last { tower.publish("e/TASK", number: number, content: content) }
            // What is taken makes room for a later one.
            var timer: Reactor.Timer?
            timer = loop.timer(after: .zero) {
                tower.publish("e/TASK", number: last, content: [])
                timer?.reset(after: .milliseconds(1))
            }
            defer { timer?.cancel() }
            var heard = 0
            while let event = await listener.next(), event.mark.number < last { heard += 1 }
            #expect(heard < Int(last) - 1)
        }
    }
}

/// A server whose tap publishes, and those who listen to it, all on one loop.
private final class Tower {
    private let context: BusContext
    private let loop: EventLoop
    private let key: KeyPair?
    private var server: BusServer?
    private var listeners: [Ear] = []
    private(set) var topics: [String] = []
    private var tuned: (() -> Void)?

    init(_ loop: EventLoop, key: KeyPair? = nil, allowed: [String: Identity] = [:]) throws {
        self.loop = loop
        self.key = key
        context = try BusContext()
        let gatekeeper = Gatekeeper(allowed: allowed, isOpen: key == nil, user: getuid())
        server = try BusServer(
            ServerEndpoints(
                bus: "tcp://127.0.0.1:0", broadcast: "tcp://127.0.0.1:0",
                tap: "tcp://127.0.0.1:0", key: key), gatekeeper, context: context, loop: loop,
            handler: BusServer.Handler(
                joined: { _, _, _ in }, received: { _, _, _ in }, malformed: { _, _ in },
                left: { _ in }, settled: {},
                listened: { [unowned self] topic, isOn in
                    let text = String(decoding: topic, as: UTF8.self)
                    topics.append(isOn ? text : "-\(text)")
                    tuned?()
                }))
    }

    func close() {
        for listener in listeners { listener.close() }
        server?.close()
    }

    func listener(_ topics: [String], key: KeyPair? = nil) throws -> Ear {
        let endpoint = try ClientEndpoint(
            server?.endpoints.tap ?? "", serverKey: self.key?.public)
        let ear = try Ear(endpoint, topics, key, context, loop)
        listeners.append(ear)
        return ear
    }

    /// Waits until the subscription has arrived.
    func tuneIn(_ listener: Ear) async {
        guard topics.isEmpty else { return }
        await withCheckedContinuation { continuation in
            tuned = { [unowned self] in
                tuned = nil
                continuation.resume()
            }
        }
    }

    func publish(_ topic: String, number: UInt64, content: [UInt8]) {
        let mark = TapMark(
            number: number, at: 1, length: UInt32(content.count),
            flags: content.count > TapMark.most ? [.left, .cut] : .left)
        let envelope = Envelope(.task).encoded()
        unsafe envelope.withUnsafeBytes {
            unsafe server?.publish(onTap: topic, mark, envelope: $0, ContentBytes(content))
        }
    }
}

/// A listener that keeps what it hears and what happened to its connection.
private final class Ear {
    private var listener: TapListener?
    private var events: AsyncStream<TapEvent>.AsyncIterator
    private var words: AsyncStream<TapListener.Word>.AsyncIterator

    init(
        _ endpoint: ClientEndpoint, _ topics: [String], _ key: KeyPair?, _ context: BusContext,
        _ loop: EventLoop
    ) throws {
        let (events, heard) = AsyncStream<TapEvent>.makeStream()
        let (words, changed) = AsyncStream<TapListener.Word>.makeStream()
        self.events = events.makeAsyncIterator()
        self.words = words.makeAsyncIterator()
        listener = try TapListener(
            endpoint, topics: topics, key: key, context: context, loop: loop,
            handler: TapListener.Handler(
                heard: { heard.yield($0) }, changed: { changed.yield($0) }))
    }

    func close() { listener?.close() }

    func next() async -> TapEvent? { await events.next(isolation: nil) }

    func word() async -> TapListener.Word? { await words.next(isolation: nil) }
}
