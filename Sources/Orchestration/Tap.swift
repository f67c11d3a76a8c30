import Document
import Reactor
import Wire

/// Who listens to the tap, and for what: decides which events are published under which topics,
/// and counts them, so that a listener can see what it lost.
///
/// Pure. While nobody listens there is nothing here but a flag.
struct Tap {
    private struct Subscription {
        let topic: String
        var published: UInt64 = 0
    }

    /// The kinds of topics that somebody may listen to.
    private struct Kinds {
        var everything = false, requests = false, agents = false, sessions = false
    }

    /// Beyond so many subscriptions everything is published, and the socket does the choosing.
    private let limit: Int
    private var subscriptions: [Subscription] = []
    private var uncounted = 0
    private var kinds = Kinds()
    /// The subscriptions that the topic of each type belongs to.
    private var byType: [[Int]] = []
    private(set) var isOn = false
    /// Whether anybody listens to spans.
    private(set) var wantsSpans = false
    /// The number of the last message that passed, and of the last span.
    private(set) var number: UInt64 = 0
    private(set) var spans: UInt64 = 0
    private var tallied = Instant.zero
    private var owesTally = false

    init(limit: Int = 64) { self.limit = limit }

    mutating func subscribe(_ topic: String) {
        if subscriptions.count < limit {
            subscriptions.append(Subscription(topic: topic))
        } else {
            uncounted += 1
        }
        owesTally = true
        look()
    }

    mutating func unsubscribe(_ topic: String) {
        if let index = subscriptions.firstIndex(where: { $0.topic == topic }) {
            subscriptions.remove(at: index)
        } else if uncounted > 0 {
            uncounted -= 1
        }
        look()
    }

    private mutating func look() {
        isOn = !subscriptions.isEmpty || uncounted > 0
        wantsSpans = isWanted(in: TapTopic.spans)
        kinds = Kinds(
            everything: isWanted(in: TapTopic.everything), requests: isWanted(in: "r/"),
            agents: isWanted(in: "a/"), sessions: isWanted(in: "s/"))
        byType = Self.types.map { topic in
            subscriptions.indices.filter { topic.utf8.starts(with: subscriptions[$0].topic.utf8) }
        }
    }

    /// Whether somebody may listen to topics of this kind, which is a topic's beginning.
    private func isWanted(in kind: String) -> Bool {
        uncounted > 0
            || subscriptions.contains {
                $0.topic.utf8.starts(with: kind.utf8) || kind.utf8.starts(with: $0.topic.utf8)
            }
    }

    /// The number of a message that passes.
    mutating func pass() -> UInt64 {
        number += 1
        return number
    }

    mutating func passSpan() -> UInt64 {
        spans += 1
        return spans
    }

    /// Hands out the topics under which an event is published: those that somebody listens to.
    mutating func forEachTopic(
        of type: MessageType?, _ subject: TapSubject?, _ body: (String) -> Void
    ) {
        if let type, kinds.everything { offer(type, body) }
        guard let subject else { return }
        if kinds.requests {
            offer(subject.scene.path, body)
            if subject.scene.root != nil { offer(TapTopic.request(subject.scene.request), body) }
        }
        if kinds.agents, !subject.agent.isEmpty { offer(TapTopic.agent(subject.agent), body) }
        if kinds.sessions, !subject.scene.session.isEmpty {
            offer(TapTopic.session(subject.scene.session), body)
        }
    }

    /// Whether an event of this one topic is published.
    mutating func wants(_ topic: String) -> Bool {
        var isWanted = uncounted > 0
        for index in subscriptions.indices
        where topic.utf8.starts(with: subscriptions[index].topic.utf8) {
            subscriptions[index].published += 1
            isWanted = true
        }
        return isWanted
    }

    /// Likewise the topic of a type, for which it is known beforehand who listens.
    private mutating func offer(_ type: MessageType, _ body: (String) -> Void) {
        let listeners = byType[Int(type.rawValue)]
        for index in listeners { subscriptions[index].published += 1 }
        if !listeners.isEmpty || uncounted > 0 { body(Self.types[Int(type.rawValue)]) }
    }

    private mutating func offer(_ topic: String, _ body: (String) -> Void) {
        if wants(topic) { body(topic) }
    }

    /// The topics of all types, by number: made once.
    private static let types = (0...(MessageType.allCases.map(\.rawValue).max() ?? 0)).map {
        MessageType(rawValue: $0).map(TapTopic.type) ?? ""
    }

    // MARK: - Tallies

    /// What listeners are told once a second, and when one comes; nothing in between.
    mutating func tally(
        _ orchestrator: String, _ epoch: String, at now: Instant
    ) -> Value? {
        guard isOn, owesTally || now - tallied >= .seconds(1) else { return nil }
        owesTally = false
        tallied = now
        let counts = subscriptions.map { subscription -> Value in
            [
                "topic": .string(subscription.topic),
                "published": Value(subscription.published),
            ]
        }
        return [
            "orchestrator": .string(orchestrator), "epoch": .string(epoch),
            "number": Value(number), "spans": Value(spans), "subscriptions": .array(counts),
        ]
    }
}

/// What an event of the tap is about: a request, the agent that has to do with it, and who is at
/// the other end of this hop.
final class TapSubject: Sendable {
    let scene: TapScene
    let agent: String
    let other: String

    init(_ scene: TapScene, agent: String, other: String) {
        self.scene = scene
        self.agent = agent
        self.other = other
    }
}

/// What all events of a request have in common. Made when the first of them is published.
final class TapScene: Sendable {
    let request: String
    let session: String
    /// The agent it is for.
    let agent: String
    /// Who asked: a client, or the instance in whose task it was made.
    let caller: String
    let traceparent: String
    /// The topic of its events.
    let path: String
    /// The request it lies below, if an agent made it.
    let root: String?

    init(
        _ request: String, below root: String? = nil, agent: String, caller: String,
        session: String = "", traceparent: String
    ) {
        self.request = request
        self.root = root
        self.agent = agent
        self.caller = caller
        self.session = session
        self.traceparent = traceparent
        path = TapTopic.request(root.map { "\($0)/\(request)" } ?? request)
    }
}
