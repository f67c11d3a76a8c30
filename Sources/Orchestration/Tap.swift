import Document
import Reactor
import Wire

/// Who listens to the tap, and for what: decides which events are published under which topics,
/// and counts them, so that a listener can see what it lost.
///
/// Pure. While nobody listens there is nothing here but a flag.
struct Tap {
    private struct Subscription {
        let topic: [UInt8]
        var published: UInt64 = 0
    }

    private enum Limits {
        /// Topics that are known but not counted; of those beyond them only their number is.
        static let topics = 10_000
        /// Whoever subscribes to thousands of topics is not told of each.
        static let talliesPerSecond = 20
    }

    /// The kinds of topics that somebody may listen to.
    private struct Kinds {
        var everything = false, requests = false, agents = false, sessions = false
        var tallies = false
    }

    /// Beyond so many subscriptions everything is published, and the socket does the choosing.
    private let limit: Int
    private var subscriptions: [Subscription] = []
    private var uncounted: Set<[UInt8]> = []
    private var unknown = 0
    private var isFlooded = false
    private var kinds = Kinds()
    private(set) var isOn = false
    /// Whether anybody listens to spans.
    private(set) var wantsSpans = false
    /// The number of the last message that passed, and of the last span.
    private(set) var number: UInt64 = 0
    private(set) var spans: UInt64 = 0
    private var tallied = Instant.zero
    private var owesTally = false
    private var tallies = Throttle(Limits.talliesPerSecond)

    init(limit: Int = 64) { self.limit = limit }

    /// Topics are bytes: two that look alike as texts are still two.
    mutating func subscribe(_ topic: [UInt8]) {
        if subscriptions.count < limit {
            subscriptions.append(Subscription(topic: topic))
        } else if uncounted.count < Limits.topics {
            uncounted.insert(topic)
        } else {
            unknown += 1
        }
        owesTally = true
        look()
    }

    /// The socket also tells of ends of what never began: those change nothing.
    mutating func unsubscribe(_ topic: [UInt8]) {
        if let index = subscriptions.firstIndex(where: { $0.topic == topic }) {
            subscriptions.remove(at: index)
        } else if uncounted.remove(topic) == nil, unknown > 0 {
            unknown -= 1
        }
        look()
    }

    private mutating func look() {
        isFlooded = !uncounted.isEmpty || unknown > 0
        isOn = !subscriptions.isEmpty || isFlooded
        wantsSpans = isWanted(in: TapTopic.spans)
        kinds = Kinds(
            everything: isWanted(in: TapTopic.everything), requests: isWanted(in: "r/"),
            agents: isWanted(in: "a/"), sessions: isWanted(in: "s/"),
            tallies: isWanted(in: TapTopic.tallies))
    }

    /// Whether somebody may listen to topics of this kind, which is a topic's beginning.
    private func isWanted(in kind: String) -> Bool {
        isFlooded
            || subscriptions.contains {
                $0.topic.starts(with: kind.utf8) || kind.utf8.starts(with: $0.topic)
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
        if let type, kinds.everything { offer(Self.types[Int(type.rawValue)], body) }
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
        var isWanted = isFlooded
        for index in subscriptions.indices
        where topic.utf8.starts(with: subscriptions[index].topic) {
            subscriptions[index].published += 1
            isWanted = true
        }
        return isWanted
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
        guard kinds.tallies, owesTally || now - tallied >= .seconds(1), tallies.admits(at: now)
        else { return nil }
        owesTally = false
        tallied = now
        let counts = subscriptions.map { subscription -> Value in
            [
                "topic": .string(String(decoding: subscription.topic, as: UTF8.self)),
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
