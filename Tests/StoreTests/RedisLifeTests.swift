import Reactor
import Telemetry
import Testing

@testable import Store

@Suite struct RedisLifeTests {
    private typealias Event = RedisLife.Event

    private static let fault = Fault(StoreCode.forbidden, "no password")
    /// Every event there is, but for the one that ends everything.
    private static let events: [(name: String, event: RedisLife.Event)] = [
        ("opened", .opened), ("connected", .connected), ("greeted", .greeted(RedisLink.Facts())),
        ("postponed", .postponed("loading")), ("refused", .refused(fault)),
        ("moved", .moved("READONLY")), ("lost", .lost("cut")), ("late", .late),
        ("rested", .rested),
    ]

    /// What the actions are called, in their order.
    private static func words(_ actions: [RedisLife.Action]) -> String {
        actions.map { action in
            switch action {
            case .connect: "connect"
            case .greet: "greet"
            case .tell(.ready): "ready"
            case .tell(.away(let reason)): "away(\(reason))"
            case .tell(.refused(let fault)): "refused(\(fault))"
            case .cut: "cut"
            case .abandon: "abandon"
            case .rest(let pause): "rest(\(pause))"
            }
        }.joined(separator: " ")
    }

    private static func life(_ events: [Event], at now: Instant = .zero) -> RedisLife {
        var life = RedisLife(StoreSettings())
        for event in events { _ = life.event(event, at: now, chance: 1) }
        return life
    }

    private static let paths: [String: [RedisLife.Event]] = [
        "idle": [], "connecting": [.opened], "greeting": [.opened, .connected],
        "ready": [.opened, .connected, .greeted(RedisLink.Facts())],
        "resting": [.opened, .lost("before")], "closed": [.closed],
    ]

    /// State, event, actions; every pair that is not here changes nothing.
    private static let table: [String: [String: String]] = [
        "idle": ["opened": "connect"],
        "connecting": [
            "connected": "greet",
            "refused": "refused(no password) cut abandon rest(2.0 seconds)",
            "lost": "away(cut) cut abandon rest(0.02 seconds)",
            "late": "away(Redis has not answered within 2.0 seconds) cut abandon "
                + "rest(0.02 seconds)",
        ],
        "greeting": [
            "greeted": "ready", "postponed": "away(loading) cut abandon rest(0.02 seconds)",
            "refused": "refused(no password) cut abandon rest(2.0 seconds)",
            "lost": "away(cut) cut abandon rest(0.02 seconds)",
            "late": "away(Redis has not answered within 2.0 seconds) cut abandon "
                + "rest(0.02 seconds)",
        ],
        "ready": [
            "moved": "away(READONLY) cut abandon rest(0.02 seconds)",
            "lost": "away(cut) cut abandon rest(0.02 seconds)",
            "late": "away(Redis has not answered within 2.0 seconds) cut abandon "
                + "rest(0.02 seconds)",
        ],
        "resting": ["rested": "connect"],
        "closed": [:],
    ]

    @Test("Every event in every state does what the table says, and an impossible one nothing")
    func transitions() {
        for (state, path) in Self.paths {
            for (name, event) in Self.events {
                var life = Self.life(path)
                let before = life.state
                let actions = Self.words(life.event(event, at: .zero, chance: 1))
                #expect(actions == Self.table[state]?[name] ?? "", "\(name) when \(state)")
                if actions.isEmpty { #expect(life.state == before, "\(name) when \(state)") }
            }
            var life = Self.life(path)
            let actions = Self.words(life.event(.closed, at: .zero, chance: 1))
            #expect(actions == (state == "closed" ? "" : "cut abandon"), "closed when \(state)")
            #expect(life.state == .closed)
        }
    }

    private func pauses(_ count: Int, chance: Double, _ life: inout RedisLife) -> [Duration] {
        (0..<count).map { _ in
            let actions = life.event(.lost("x"), at: .zero, chance: chance)
            _ = life.event(.rested, at: .zero, chance: chance)
            for case .rest(let pause) in actions { return pause }
            return .zero
        }
    }

    @Test("Pauses double up to the longest, and are drawn from zero on")
    func backoff() {
        var life = Self.life([.opened])
        let pauses = pauses(40, chance: 1, &life)
        #expect(
            pauses.prefix(4) == [
                .milliseconds(20), .milliseconds(40), .milliseconds(80), .milliseconds(160),
            ])
        #expect(pauses.dropFirst(7).allSatisfy { $0 == .seconds(2) })
        #expect(self.pauses(2, chance: 0, &life) == [.zero, .zero])
        #expect(self.pauses(1, chance: 0.5, &life) == [.seconds(1)])
    }

    @Test("One that falls away as soon as it is ready is not asked faster and faster")
    func flapping() {
        let ready: [Event] = [.connected, .greeted(RedisLink.Facts())]
        var life = Self.life([.opened])
        _ = pauses(10, chance: 1, &life)
        for event in ready { _ = life.event(event, at: .zero, chance: 1) }
        #expect(pauses(1, chance: 1, &life) == [.seconds(2)])
        for event in ready { _ = life.event(event, at: .zero, chance: 1) }
        let actions = life.event(.lost("x"), at: .zero + .seconds(2), chance: 1)
        #expect(Self.words(actions).hasSuffix("rest(0.02 seconds)"))
    }

    @Test("The same reason is told once, until it was ready again")
    func telling() {
        var life = Self.life([.opened])
        #expect(Self.words(life.event(.lost("a"), at: .zero, chance: 0)).hasPrefix("away(a)"))
        _ = life.event(.rested, at: .zero, chance: 0)
        #expect(Self.words(life.event(.lost("a"), at: .zero, chance: 0)).hasPrefix("cut"))
        _ = life.event(.rested, at: .zero, chance: 0)
        #expect(Self.words(life.event(.lost("b"), at: .zero, chance: 0)).hasPrefix("away(b)"))
        for event in [Event.rested, .connected, .greeted(RedisLink.Facts())] {
            _ = life.event(event, at: .zero, chance: 0)
        }
        #expect(Self.words(life.event(.lost("b"), at: .zero, chance: 0)).hasPrefix("away(b)"))
    }
}
