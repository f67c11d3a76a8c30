import Bus
import Document
import Reactor
import Telemetry
import Testing
import Wire

@testable import WorkerKit

/// A session whose orchestrators are played by a test, in time that passes when the test lets it:
/// each may be there or not, and says what the test wants it to.
// SAFETY: it is touched only by the one thread that its test runs on, and its loop in there.
final class PlayedBus: @unchecked Sendable {
    /// One orchestrator's end of the connection.
    private final class End: LinkChannel {
        var isStirred = false
        var hasNews = false
        var isConnected = false
        var sent: [AgentMessage] = []
        private var inbox: [AgentMessage] = []
        private var news: [Link.Event] = []
        private let stirred: () -> Void

        init(_ stirred: @escaping () -> Void) { self.stirred = stirred }

        func send(_ envelope: UnsafeRawBufferPointer, _ content: any Content) -> Bool {
            guard isConnected else { return false }
            let bytes = unsafe [UInt8](envelope)
            guard let envelope = try? Envelope(decoding: bytes) else { return false }
            sent.append(AgentMessage(envelope, content: content.array))
            return true
        }

        func receive(_ body: (RawSpan, any Content) -> Void) -> Bool {
            guard !inbox.isEmpty else { return false }
            let message = inbox.removeFirst()
            let envelope = message.envelope.encoded()
            unsafe body(envelope.span.bytes, ContentBytes(message.content))
            return true
        }

        func nextNews() -> Link.Event? { news.isEmpty ? nil : news.removeFirst() }
        func refresh() {}
        func close(linger: Int32) { isConnected = false }

        func happen(_ event: Link.Event) {
            news.append(event)
            hasNews = true
            stirred()
        }

        func deliver(_ message: AgentMessage) {
            inbox.append(message)
            isStirred = true
            stirred()
        }
    }

    let loop: EventLoop
    private(set) var session: Session
    private var ends: [String: End] = [:]
    private let names: [String]

    /// - Parameter names: the orchestrators that the session looks for; none of them is there yet.
    init(_ names: [String], outbox: String = "", @AgentBuilder agents: () -> [Agent] = { [] })
        throws
    {
        self.names = names
        loop = try EventLoop(time: .manual)
        loop.advance(by: .seconds(100))
        let places = names.map { "ipc:///\($0)" }.joined(separator: ",")
        var plan = Session.Plan(endpoints: try ClientEndpoint.parse(places), routingID: "w.1")
        plan.draw = { String(repeating: "a", count: $0) }
        let box = Box()
        plan.dial = { endpoint, _, stirred in
            let end = End(stirred)
            box.bus?.ends[String(endpoint.address.split(separator: "/").last ?? "")] = end
            return end
        }
        session = try Session(plan, on: loop)
        box.bus = self
        start(agents(), outbox)
    }

    private final class Box: @unchecked Sendable {
        // SAFETY: as of the bus itself.
        weak var bus: PlayedBus?
    }

    private func start(_ agents: [Agent], _ outbox: String) {
        var rules = TaskDesk.Rules()
        rules.outboxFolder = outbox
        let (session, settled) = (session, rules)
        loop.submit {
            guard !agents.isEmpty else { return session.assumeIsolated { try? $0.open() } }
            Task(executorPreference: session.loop) {
                try? await session.work(
                    agents, settled, drain: .seconds(5), takingSignals: false)
            }
        }
        loop.settle()
    }

    /// Ends the session, so that nothing of it is left.
    func end() {
        onLoop { session in
            session.ending?.end(.success(()))
            if session.desk == nil { session.close() }
        }
        for _ in 0..<4 { loop.settle() }
    }

    func onLoop(_ body: @escaping @Sendable (isolated Session) -> Void) {
        let session = session
        loop.submit { session.assumeIsolated { body($0) } }
        loop.settle()
    }

    // MARK: - What orchestrators do

    /// An orchestrator is there and has welcomed the session; gives back what HELLO said.
    @discardableResult
    func connect(
        _ name: String, epoch: String = "1", inflight: [Welcome.Verdict]? = nil
    ) throws -> Hello {
        let end = try #require(ends[name])
        end.isConnected = true
        end.happen(.connected)
        loop.settle()
        let hello = try #require(end.sent.last { $0.envelope.type == .hello })
        end.sent.removeAll { $0.envelope.type == .hello }
        var welcome = Welcome(
            orchestrator: name, cluster: "test", version: "1", epoch: epoch, orchestrators: [],
            limits: .init(), liveness: .init(ping: 1000, dead: 4000))
        welcome.inflight = inflight
        end.deliver(AgentMessage(Envelope(.welcome), content: try JSON.encode(welcome)))
        loop.settle()
        return try JSON.decode(Hello.self, from: hello.content)
    }

    /// It dies: the kernel closes its connections.
    func cut(_ name: String) {
        ends[name]?.isConnected = false
        ends[name]?.happen(.disconnected)
        loop.settle()
    }

    func say(_ name: String, _ envelope: Envelope, _ content: [UInt8] = []) {
        ends[name]?.deliver(AgentMessage(envelope, content: content))
        loop.settle()
    }

    /// What an orchestrator was told since it was asked the last time, but for signs of life.
    func heard(_ name: String) -> [AgentMessage] {
        defer { ends[name]?.sent = [] }
        return (ends[name]?.sent ?? []).filter { $0.envelope.type != .ping }
    }

    /// Time passes, in which the named orchestrators give signs of life.
    func pass(_ duration: Duration, alive: [String] = []) {
        var rest = duration
        while rest > .zero {
            let step = min(rest, .milliseconds(50))
            rest -= step
            for name in alive { ends[name]?.deliver(AgentMessage(Envelope(.pong))) }
            loop.settle()
            loop.advance(by: step)
            loop.settle()
        }
    }
}

extension Envelope {
    /// A word about a step's attempt, as an orchestrator says it.
    static func about(
        _ type: MessageType, _ request: String = "r1", dispatch: UInt64 = 0, fence: String = "",
        _ change: (inout Envelope) -> Void = { _ in }
    ) -> Envelope {
        var envelope = Envelope(type)
        envelope.requestID = request
        envelope.tenant = "t"
        envelope.step = 1
        envelope.attempt = 1
        envelope.fence = fence
        envelope.dispatch = dispatch
        change(&envelope)
        return envelope
    }
}
