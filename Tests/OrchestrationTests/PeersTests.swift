import Bus
import Document
import Telemetry
import Testing
import Wire

@testable import Orchestration

/// What orchestrators tell each other, and of each other.
@Suite struct PeersTests {
    let stage = Stage()

    private func orchestrator(_ name: String, _ identity: Identity) -> PeerID {
        let peer = stage.join(name, identity)
        #expect(stage.say(Hello(role: .orchestrator, session: "s"), peer).only(.welcome) != nil)
        return peer
    }

    private func breaker(_ peer: PeerID, _ receiver: String, _ content: String) -> [Sent] {
        var envelope = Envelope(.breaker)
        envelope.receiver = receiver
        return stage.send(envelope, from: peer, Array(content.utf8))
    }

    @Test("S2-48 whoever is met is named in WELCOME, itself first, and told to who listens")
    func members() throws {
        let own = OrchestratorAddress(name: "o2", bus: "tcp://h:2")
        stage.conductor.welcome.orchestrators = [own]
        let others = ["o3", "o1"].map { OrchestratorAddress(name: $0, bus: "tcp://h:\($0)") }
        stage.conductor.met(others, into: &stage.outbox)
        stage.conductor.met(others, into: &stage.outbox)
        _ = stage.flush()
        let told = try #require(stage.published.last)
        #expect(stage.published.count == 1)
        #expect(told.topic == "m/" && told.envelope.type == .membership)
        let membership = try JSON.decode(Membership.self, from: told.content)
        #expect(membership.orchestrators.map(\.name) == ["o2", "o1", "o3"])
        let welcome = try #require(stage.hello(stage.join("w.1")).only(.welcome))
        let named = try JSON.decode(Welcome.self, from: welcome.content).orchestrators
        #expect(named == membership.orchestrators)
        stage.conductor.sayGoodbye(into: &stage.outbox)
        _ = stage.flush()
        let last = try #require(stage.published.last)
        #expect(last.envelope.sequence == 2)
        #expect(try JSON.decode(Membership.self, from: last.content).left == ["o1"])
    }

    @Test("S2-48 news of breakers are taken from orchestrators' keys alone")
    func trust() {
        let table: [(Identity, Hello.Role, Bool)] = [
            (.local, .orchestrator, true),
            (Identity(name: "o2", role: .orchestrator), .orchestrator, true),
            (Identity(name: "o2", role: .orchestrator), .client, false),
            (.local, .client, false), (.local, .worker, false),
            (Identity(name: "c", role: .client), .orchestrator, false),
            (Identity(name: "w", role: .worker), .orchestrator, false),
        ]
        for (index, (identity, role, isHeard)) in table.enumerated() {
            let peer = stage.join("\(identity.name).\(index)", identity)
            if role == .worker {
                stage.hello(peer)
            } else {
                _ = stage.say(Hello(role: role, session: "s"), peer)
            }
            let sent = breaker(peer, "cost", #"{"state":"open","retry_after_ms":1000}"#)
            #expect(sent.first?.code == (isHeard ? nil : "forbidden"), "\(identity) \(role)")
        }
    }

    @Test("S2-48 news that cannot be read are refused")
    func nonsense() {
        let peer = orchestrator("o2", .local)
        for (receiver, content) in [
            ("cost", ""), ("cost", "{}"), ("cost", #"{"state":"half"}"#),
            ("cost", #"{"state":"open","retry_after_ms":-1}"#), ("", #"{"state":"open"}"#),
            ("a b", #"{"state":"open"}"#),
        ] {
            #expect(breaker(peer, receiver, content).first?.code == "invalid", "\(content)")
        }
        #expect(breaker(peer, "unknown#1", #"{"state":"closed"}"#).isEmpty)
    }

    @Test("S2-48 what is announced goes out as one message to all, with the agent as its receiver")
    func announced() throws {
        stage.conductor.announceBreaker(
            Address(agent: "cost", instance: "1"), isOpen: true, retryAfter: .seconds(60),
            into: &stage.outbox)
        _ = stage.flush()
        let news = try #require(stage.announced.last)
        #expect(news.envelope.type == .breaker && news.envelope.receiver == "cost#1")
        #expect(try JSON.parse(news.content)["retry_after_ms"]?.integer == 60_000)
    }
}
