import Telemetry

/// Whether a Redis is set up so that what it keeps stays kept.
enum StartCheck {
    /// Why it cannot be used, and what mends it; nothing if it can.
    /// A master that has become a replica may become a master again: who is there already waits.
    static func fault(
        _ facts: RedisLink.Facts, _ settings: StoreSettings, isFirst: Bool = true
    ) -> Fault? {
        guard let major = facts.version.split(separator: ".").first.flatMap({ Int($0) }), major >= 7
        else {
            return refusal(
                "this is Redis \(facts.version), and Redis 7.0 or later is needed: use a newer one")
        }
        if isFirst, facts.role == "slave" || facts.role == "replica" {
            return refusal("this Redis is a replica: give the address of its master")
        }
        if let policy = facts.policy, policy != "noeviction" {
            return refusal(
                "maxmemory-policy is \(policy), so Redis may drop requests that were accepted: "
                    + "CONFIG SET maxmemory-policy noeviction, and the same in redis.conf")
        }
        if facts.appendOnly == false {
            return refusal(
                "the append-only file is off, so a restart of Redis loses requests that were "
                    + "accepted: CONFIG SET appendonly yes, and the same in redis.conf")
        }
        if settings.profile == .single, let sync = facts.appendSync, sync != "always" {
            return refusal(
                "the profile single promises that accepted requests survive a power cut, and "
                    + "appendfsync is \(sync): CONFIG SET appendfsync always, and the same in "
                    + "redis.conf, or choose the profile dev")
        }
        return settings.profile == .ha ? replication(facts) : nil
    }

    /// Longer than this nobody may go without a word of a replica that counts.
    private static let longestLag = 5

    private static func replication(_ facts: RedisLink.Facts) -> Fault? {
        if let count = facts.minReplicas, count < 1 {
            return refusal(
                "the profile ha promises that accepted requests are on two machines, and "
                    + "min-replicas-to-write is \(count), so Redis writes without a replica: "
                    + "CONFIG SET min-replicas-to-write 1 on the master and on each replica, and "
                    + "the same in redis.conf, or choose the profile dev or single")
        }
        if let lag = facts.maxLag, !(1...longestLag).contains(lag) {
            return refusal(
                "the profile ha wants replicas that are heard of, and min-replicas-max-lag is "
                    + "\(lag): CONFIG SET min-replicas-max-lag \(longestLag) on the master and on "
                    + "each replica, and the same in redis.conf")
        }
        return nil
    }

    /// What is not as it should be, and no reason not to use it: how many replicas there are
    /// changes by the minute, and without any Redis itself refuses to write.
    static func warning(_ facts: RedisLink.Facts, _ settings: StoreSettings) -> String? {
        guard settings.profile == .ha, let count = facts.replicas, count < 2 else { return nil }
        return count == 0
            ? "the master has no replica, so it takes no writes: start the replicas, or look "
                + "whether they may reach it (INFO replication)"
            : "the master has one replica: while that is away it takes no writes; two are needed "
                + "so that one may go"
    }

    /// Whether it could not be looked at.
    static func isBlind(_ facts: RedisLink.Facts, _ settings: StoreSettings) -> Bool {
        facts.policy == nil || facts.appendOnly == nil || facts.appendSync == nil
            || settings.profile == .ha && (facts.minReplicas == nil || facts.maxLag == nil)
    }

    private static func refusal(_ message: String) -> Fault { Fault(StoreCode.unsafe, message) }
}
