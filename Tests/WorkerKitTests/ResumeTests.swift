import Bus
import Document
import Reactor
import Telemetry
import Testing
import Wire

@testable import WorkerKit

/// A task whose orchestrator is lost, and another that takes it over while it goes on.
@Suite struct ResumeTests {
    private static func agents() -> [Agent] {
        [
            Agent(raw: "slow", effect: .idempotent) { content, task in
                try await task.sleep(for: .seconds(10))
                return content
            },
            Agent(raw: "quick", effect: .idempotent) { content, _ in content },
            Agent(raw: "pay", effect: .unsafe) { content, _ in content },
            Agent("charge", effect: .idempotent) { (sum: Int, task) in
                try await task.effect("card") { _ in sum }
            },
        ]
    }

    private static func run(_ body: (PlayedBus) throws -> Void) throws {
        let bus = try PlayedBus(["a", "b", "c"], agents: agents)
        defer { bus.end() }
        for name in ["a", "b", "c"] { try bus.connect(name) }
        try body(bus)
    }

    private static func give(_ bus: PlayedBus, _ agent: String, _ name: String = "a") {
        let task = Envelope.about(.task, dispatch: 7, fence: "5") { $0.receiver = "\(agent)#1" }
        bus.say(name, task, Array("1".utf8))
    }

    private static func resume(
        _ bus: PlayedBus, _ name: String, dispatch: UInt64, fence: String
    ) -> [MessageType] {
        _ = bus.heard(name)
        bus.say(name, .about(.resume, dispatch: dispatch, fence: fence))
        return bus.heard(name).map(\.envelope.type)
    }

    private static func orphans(_ message: AgentMessage?) throws -> OrphanList {
        let message = try #require(message)
        #expect(message.envelope.type == .ready && message.envelope.credit == 64)
        return try JSON.decode(OrphanList.self, from: message.content)
    }

    private static func orphan(_ agent: String, _ state: Orphan.State) -> Orphan {
        Orphan(
            tenant: "t", request: "r1", step: 1, attempt: 1, fence: "5", agent: agent, state: state)
    }

    @Test(
        "F41 what a lost orchestrator gave is told to all others at once",
        arguments: [("slow", Orphan.State.running), ("quick", .done), ("pay", .waiting)])
    func told(agent: String, state: Orphan.State) throws {
        try Self.run { bus in
            Self.give(bus, agent)
            for name in ["b", "c"] { _ = bus.heard(name) }
            bus.cut("a")
            for name in ["b", "c"] {
                let list = try Self.orphans(bus.heard(name).first)
                #expect(list.orphans == [Self.orphan(agent, state)] && list.all == nil)
            }
        }
    }

    @Test("an orchestrator that is lost without a task of its own is no news")
    func untold() throws {
        try Self.run { bus in
            Self.give(bus, "slow", "b")
            bus.cut("a")
            #expect(bus.heard("c").isEmpty)
        }
    }

    @Test("F41 whoever comes later hears of it in HELLO, and the giver of what is its own")
    func hello() throws {
        try Self.run { bus in
            Self.give(bus, "slow")
            bus.cut("c")
            bus.cut("a")
            let late = try bus.connect("c")
            #expect(late.orphans == [Self.orphan("slow", .running)] && late.inflight?.count == 0)
            let back = try bus.connect("a")
            #expect(back.orphans == nil && back.inflight?.map(\.dispatch) == [7])
        }
    }

    @Test("F41 whoever asks is told of all that others gave, lost or not")
    func asked() throws {
        try Self.run { bus in
            Self.give(bus, "slow")
            for (name, expected) in [("a", []), ("b", [Self.orphan("slow", .running)])] {
                _ = bus.heard(name)
                bus.say(name, Envelope(.ping), try JSON.encode(OrphanQuestion()))
                let heard = bus.heard(name)
                #expect(heard.map(\.envelope.type) == [.pong, .ready])
                let list = try Self.orphans(heard.last)
                #expect(list.orphans == expected && list.all == true)
            }
        }
    }

    @Test("F41 a task that runs is answered for at whoever took it over, under its words")
    func running() throws {
        try Self.run { bus in
            Self.give(bus, "slow")
            bus.cut("a")
            for _ in 0..<2 {
                #expect(Self.resume(bus, "b", dispatch: 70, fence: "12") == [.accept])
            }
            bus.pass(.seconds(11), alive: ["b", "c"])
            let result = try #require(bus.heard("b").first { $0.envelope.type == .result })
            #expect(result.envelope.dispatch == 70 && result.envelope.fence == "12")
            #expect(result.envelope.attempt == 1 && result.content == Array("1".utf8))
            #expect(bus.heard("c").allSatisfy { $0.envelope.type == .ready })
            bus.say("b", .about(.resultAck, dispatch: 70))
            #expect(Self.resume(bus, "c", dispatch: 9, fence: "13") == [.nack])
        }
    }

    @Test("F41 a task is resumed from an orchestrator that is up, whose words are void then")
    func fenced() throws {
        try Self.run { bus in
            Self.give(bus, "slow")
            #expect(Self.resume(bus, "b", dispatch: 7, fence: "12") == [.accept])
            _ = bus.heard("a")
            bus.say("a", .about(.cancel, dispatch: 7))
            bus.say("a", .about(.abort, dispatch: 7))
            Self.give(bus, "slow")
            #expect(bus.heard("a").map(\.envelope.error?.code) == ["stale"])
            bus.cut("a")
            let back = try bus.connect("a")
            #expect(back.inflight?.isEmpty == true && back.orphans == nil)
            bus.say("b", .about(.cancel, dispatch: 7))
            let last = bus.heard("b").last
            #expect(last?.envelope.type == .fail && last?.envelope.error?.code == "cancelled")
        }
    }

    @Test(
        "nobody takes over what is not here, or what a higher fence has",
        arguments: [("r2", "9"), ("r1", "5"), ("r1", "4"), ("r1", "x"), ("r1", "")])
    func refused(request: String, fence: String) throws {
        try Self.run { bus in
            for agent in ["slow", "quick"] {
                Self.give(bus, agent)
                bus.cut("a")
                _ = bus.heard("b")
                bus.say("b", .about(.resume, request, dispatch: 70, fence: fence))
                let answer = bus.heard("b").first { $0.envelope.type == .nack }?.envelope
                #expect(answer?.error?.code == "stale" && answer?.dispatch == 70)
                try bus.connect("a")
            }
        }
    }

    @Test("F41 one that waits for GO begins when its new orchestrator says so, and not before")
    func waiting() throws {
        try Self.run { bus in
            Self.give(bus, "pay")
            bus.cut("a")
            #expect(Self.resume(bus, "b", dispatch: 70, fence: "12") == [.accept])
            try bus.connect("a")
            bus.say("a", .about(.go, dispatch: 7))
            #expect(!bus.heard("b").contains { $0.envelope.type == .result })
            bus.say("b", .about(.go, dispatch: 70))
            #expect(bus.heard("b").map(\.envelope.type) == [.result])
        }
    }

    @Test("F41 F43 what is done is told again to whoever took it over, whose word alone counts")
    func done() throws {
        try Self.run { bus in
            Self.give(bus, "quick")
            for _ in 0..<2 {
                #expect(Self.resume(bus, "b", dispatch: 70, fence: "12") == [.result])
            }
            bus.say("a", .about(.resultAck, dispatch: 7))
            bus.say("a", .about(.resultAck, dispatch: 70))
            bus.say("b", .about(.resultAck, dispatch: 7))
            bus.pass(.seconds(1), alive: ["a", "b", "c"])
            let again = bus.heard("b").map(\.envelope)
            #expect(again.allSatisfy { $0.dispatch == 70 && $0.fence == "12" } && !again.isEmpty)
            bus.say("b", .about(.resultAck, dispatch: 70))
            bus.pass(.seconds(10), alive: ["a", "b", "c"])
            #expect(bus.heard("b").isEmpty)
        }
    }

    @Test("what was told to stop is nobody's to take over, and its end is told to nobody else")
    func unwanted() throws {
        try Self.run { bus in
            Self.give(bus, "slow")
            bus.say("a", .about(.cancel, dispatch: 7))
            bus.cut("a")
            bus.pass(.seconds(6), alive: ["b", "c"])
            #expect(bus.heard("b").isEmpty && bus.heard("c").isEmpty)
            #expect(Self.resume(bus, "b", dispatch: 70, fence: "12") == [.nack])
        }
    }

    @Test("F15 an orchestrator that began anew knows nothing of what it gave before")
    func restarted() throws {
        try Self.run { bus in
            Self.give(bus, "slow")
            bus.cut("a")
            let listed = Hello.Inflight(
                request: "r1", step: 1, attempt: 1, fence: "5", dispatch: 7, state: .running)
            let verdict = Welcome.Verdict(.abort, of: listed)
            try bus.connect("a", epoch: "2", inflight: [verdict])
            let list = try Self.orphans(bus.heard("a").first { !$0.content.isEmpty })
            #expect(list.orphans == [Self.orphan("slow", .running)])
            // Its numbers begin anew too, and mean other tasks.
            bus.say("a", .about(.cancel, dispatch: 7))
            #expect(Self.resume(bus, "a", dispatch: 1, fence: "12") == [.accept])
            bus.pass(.seconds(11), alive: ["a", "b", "c"])
            let result = bus.heard("a").first { $0.envelope.type == .result }
            #expect(result?.envelope.dispatch == 1)
        }
    }

    @Test("F41 an orchestrator that is silent for four seconds is lost like one that died")
    func silent() throws {
        try Self.run { bus in
            Self.give(bus, "slow")
            bus.pass(.milliseconds(3900), alive: ["b", "c"])
            #expect(bus.heard("b").isEmpty)
            bus.pass(.milliseconds(200), alive: ["b", "c"])
            let list = try Self.orphans(bus.heard("b").first)
            #expect(list.orphans == [Self.orphan("slow", .running)])
        }
    }

    @Test("F41 a word about an effect goes on to whoever took the task over, whose verdict counts")
    func effects() throws {
        try Self.run { bus in
            Self.give(bus, "charge")
            let asked = try #require(bus.heard("a").first { $0.envelope.type == .effectBegin })
            func verdict(_ name: String, _ word: AgentMessage, _ verdict: String) {
                var envelope = Envelope(.effect)
                envelope.correlationID = word.envelope.messageID
                bus.say(name, envelope, Array(#"{"verdict": "\#(verdict)"}"#.utf8))
            }
            bus.say("b", .about(.resume, dispatch: 70, fence: "12"))
            let again = try #require(bus.heard("b").first { $0.envelope.type == .effectBegin })
            #expect(again.envelope.messageID == asked.envelope.messageID)
            #expect(again.envelope.dispatch == 70 && again.envelope.fence == "12")
            verdict("a", asked, "stale")
            verdict("b", again, "go")
            let done = try #require(bus.heard("b").first { $0.envelope.type == .effectDone })
            verdict("b", done, "kept")
            #expect(bus.heard("b").map(\.envelope.type) == [.result])
        }
    }

    @Test("F43 lists that are too long for one message travel in pieces, and not in HELLO")
    func long() throws {
        try Self.run { bus in
            let pad = String(repeating: "x", count: 56)
            for number in 0..<600 {
                let task = Envelope.about(
                    .task, "\(pad)\(number)", dispatch: UInt64(number + 1), fence: "5"
                ) { $0.receiver = "quick#1" }
                bus.say("a", task)
            }
            _ = bus.heard("b")
            bus.cut("c")
            bus.cut("a")
            func list(_ name: String) throws -> Int {
                let heard = bus.heard(name).filter { $0.envelope.type != .result }
                let last = try #require(heard.first { $0.envelope.type == .ready })
                let pieces = heard.filter { $0.envelope.type == .part }
                #expect(!pieces.isEmpty && last.envelope.parts == UInt32(pieces.count + 1))
                let content = (pieces + [last]).flatMap(\.content)
                return try JSON.decode(OrphanList.self, from: content).orphans.count
            }
            let told = try list("b")
            let late = try bus.connect("c")
            let toldLater = try list("c")
            #expect(told == 600 && late.orphans == nil && toldLater == 600)
        }
    }
}
