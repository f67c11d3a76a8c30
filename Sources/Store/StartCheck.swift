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
        return nil
    }

    /// Whether it could not be looked at.
    static func isBlind(_ facts: RedisLink.Facts) -> Bool {
        facts.policy == nil || facts.appendOnly == nil || facts.appendSync == nil
    }

    private static func refusal(_ message: String) -> Fault { Fault(StoreCode.unsafe, message) }
}
