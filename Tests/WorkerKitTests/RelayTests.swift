import Bus
import Document
import Reactor
import Telemetry
import TestKit
import Testing
import Wire

@testable import WorkerKit

/// Results whose orchestrator cannot be reached go to anybody, until somebody keeps them.
@Suite struct RelayTests {
    private static func agents() -> [Agent] {
        [
            Agent(raw: "quick", effect: .idempotent) { content, task in
                try await task.sleep(for: .seconds(1))
                return content
            }
        ]
    }

    private static func run(_ body: (PlayedBus) throws -> Void) throws {
        let bus = try PlayedBus(["a", "b", "c"], agents: agents)
        defer { bus.end() }
        for name in ["a", "b", "c"] { try bus.connect(name) }
        let task = Envelope.about(.task, dispatch: 7, fence: "5") { $0.receiver = "quick#1" }
        bus.say("a", task, Array("1".utf8))
        try body(bus)
    }

    private static func results(_ bus: PlayedBus, _ name: String) -> [AgentMessage] {
        bus.heard(name).filter { $0.envelope.type == .result }
    }

    private static func isRelayed(_ message: AgentMessage) -> Bool {
        let envelope = message.envelope
        return envelope.dispatch == 0 && envelope.tenant == "t" && envelope.sender == "quick"
            && envelope.requestID == "r1" && envelope.step == 1 && envelope.attempt == 1
            && envelope.fence == "5" && message.content == Array("1".utf8)
    }

    @Test("F43 a result goes to one after the other, ever more seldom, until it is acknowledged")
    func turns() throws {
        try Self.run { bus in
            bus.cut("a")
            bus.pass(.milliseconds(1000), alive: ["b", "c"])
            var counts: [Int] = []
            var relayed: [AgentMessage] = []
            for wait: Int64 in [0, 250, 500, 1000] {
                bus.pass(.milliseconds(wait), alive: ["b", "c"])
                let (first, second) = (Self.results(bus, "b"), Self.results(bus, "c"))
                counts.append(first.count - second.count)
                relayed += first + second
            }
            #expect(counts.map(abs) == [1, 1, 1, 1] && counts.reduce(0, +) == 0)
            #expect(relayed.allSatisfy(Self.isRelayed))
            for name in ["b", "c"] { _ = bus.heard(name) }
            bus.say("b", .about(.resultAck) { $0.tenant = "u" })
            bus.pass(.seconds(2), alive: ["b", "c"])
            #expect(Self.results(bus, "b").count + Self.results(bus, "c").count == 1)
            bus.say("b", .about(.resultAck))
            bus.pass(.seconds(20), alive: ["b", "c"])
            #expect(Self.results(bus, "b").isEmpty && Self.results(bus, "c").isEmpty)
        }
    }

    @Test("F43 a result that nobody had acknowledged is relayed as soon as its giver is lost")
    func lost() throws {
        try Self.run { bus in
            bus.pass(.milliseconds(1100), alive: ["a", "b", "c"])
            #expect(Self.results(bus, "a").map(\.envelope.dispatch) == [7])
            bus.cut("a")
            let relayed = Self.results(bus, "b") + Self.results(bus, "c")
            #expect(relayed.count == 1 && relayed.allSatisfy(Self.isRelayed))
        }
    }

    @Test("F43 a giver that is back has the result as it gave the task")
    func back() throws {
        try Self.run { bus in
            bus.cut("a")
            bus.pass(.milliseconds(1000), alive: ["b", "c"])
            let hello = try bus.connect("a")
            #expect(hello.inflight?.map(\.state) == [.done])
            #expect(Self.results(bus, "a").map(\.envelope.dispatch) == [7])
            bus.say("a", .about(.resultAck, dispatch: 7))
            for name in ["b", "c"] { _ = bus.heard(name) }
            bus.pass(.seconds(20), alive: ["a", "b", "c"])
            #expect(["a", "b", "c"].allSatisfy { Self.results(bus, $0).isEmpty })
        }
    }

    @Test("F43 a result whose request has moved is relayed, to whoever lost it as well")
    func moved() throws {
        try Self.run { bus in
            bus.pass(.milliseconds(1000), alive: ["a", "b", "c"])
            _ = bus.heard("a")
            let error = WireError(code: "moved", message: "another has it")
            for dispatch: UInt64 in [8, 7] {
                bus.say("a", .about(.nack, dispatch: dispatch) { $0.error = error })
            }
            let first = Self.results(bus, "b") + Self.results(bus, "c")
            #expect(first.count == 1 && first.allSatisfy(Self.isRelayed))
            for name in ["b", "c"] { bus.cut(name) }
            bus.pass(.milliseconds(500), alive: ["a"])
            let second = Self.results(bus, "a")
            #expect(!second.isEmpty && second.allSatisfy(Self.isRelayed))
            bus.say("a", .about(.resultAck))
            bus.pass(.seconds(20), alive: ["a"])
            #expect(Self.results(bus, "a").isEmpty)
        }
    }

    /// A worker does a task, and ends before its result is acknowledged.
    private static func leaveResult(in folder: String) throws {
        let bus = try PlayedBus(["a"], outbox: folder, agents: agents)
        try bus.connect("a")
        let task = Envelope.about(.task, dispatch: 7, fence: "5") { $0.receiver = "quick#1" }
        bus.say("a", task, Array("1".utf8))
        bus.pass(.seconds(2), alive: ["a"])
        bus.end()
    }

    @Test("F43 a result from before a restart is relayed to whoever is there, with its agent")
    func restarted() throws {
        let folder = try TemporaryFolder()
        try Self.leaveResult(in: folder.path)
        let second = try PlayedBus(["b"], outbox: folder.path, agents: Self.agents)
        let hello = try second.connect("b")
        #expect(hello.orphans?.map(\.state) == [.done] && hello.orphans?.first?.agent == "quick")
        let results = Self.results(second, "b")
        #expect(results.count == 1 && results.allSatisfy(Self.isRelayed))
        second.say("b", .about(.resultAck))
        second.end()
        let bytes = try FileTree.bytes(of: folder.file("results"))
        #expect(bytes.isEmpty)
    }
}
