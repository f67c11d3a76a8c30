import Telemetry
import Testing

@testable import Store

/// What a Redis must be like before anything is accepted into it.
@Suite struct StartCheckTests {
    private func facts(
        version: String = "7.0.15", role: String = "master", policy: String? = "noeviction",
        appendOnly: Bool? = true, appendSync: String? = "everysec"
    ) -> RedisLink.Facts {
        var facts = RedisLink.Facts()
        facts.version = version
        facts.role = role
        facts.policy = policy
        facts.appendOnly = appendOnly
        facts.appendSync = appendSync
        return facts
    }

    private func message(_ facts: RedisLink.Facts, _ profile: StoreSettings.Profile = .dev)
        -> String
    {
        var settings = StoreSettings()
        settings.profile = profile
        return StartCheck.fault(facts, settings)?.message ?? ""
    }

    @Test("a Redis that keeps what it accepts is taken")
    func good() {
        #expect(message(facts()) == "")
        #expect(message(facts(version: "8.0"), .dev) == "")
        #expect(message(facts(appendSync: "always"), .single) == "")
    }

    @Test("F27 one that may lose requests is refused, and the message says what mends it")
    func bad() {
        #expect(
            message(facts(policy: "allkeys-lru")).contains("CONFIG SET maxmemory-policy noeviction")
        )
        #expect(message(facts(appendOnly: false)).contains("CONFIG SET appendonly yes"))
        #expect(message(facts(), .single).contains("CONFIG SET appendfsync always"))
        #expect(message(facts(version: "6.2.14")).contains("Redis 7.0"))
        #expect(message(facts(version: "")).contains("Redis 7.0"))
        #expect(message(facts(role: "slave")).contains("master"))
        let later = StartCheck.fault(facts(role: "slave"), StoreSettings(), isFirst: false)
        #expect(later == nil, "F28 a master that became a replica may become one again")
    }

    @Test("one that may not be looked at is taken, and known as such")
    func blind() {
        let blind = facts(policy: nil, appendOnly: nil, appendSync: nil)
        #expect(message(blind, .single) == "" && StartCheck.isBlind(blind, StoreSettings()))
        #expect(!StartCheck.isBlind(facts(), StoreSettings()))
    }

    @Test("F31 for the profile ha Redis must refuse writes that no replica gets")
    func replicated() {
        var facts = facts()
        func message(_ count: Int?, _ lag: Int?) -> String {
            (facts.minReplicas, facts.maxLag) = (count, lag)
            return self.message(facts, .ha)
        }
        #expect(message(1, 5) == "" && message(2, 1) == "" && message(nil, nil) == "")
        #expect(message(0, 5).contains("CONFIG SET min-replicas-to-write 1"))
        #expect(message(1, 10).contains("CONFIG SET min-replicas-max-lag 5"))
        #expect(message(1, 0).contains("CONFIG SET min-replicas-max-lag 5"))
        #expect(self.message(facts, .dev) == "")
        var settings = StoreSettings()
        settings.profile = .ha
        #expect(StartCheck.isBlind(self.facts(), settings))
        for (count, part) in [(0, "no replica"), (1, "one replica"), (2, nil), (nil, nil)] {
            facts.replicas = count
            let warning = StartCheck.warning(facts, settings)
            #expect(part.map { warning?.contains($0) == true } ?? (warning == nil))
        }
        #expect(StartCheck.warning(facts, StoreSettings()) == nil)
    }
}
