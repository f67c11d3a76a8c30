package import Document
import Store
package import Telemetry

/// The section `store`: where durable requests are kept, how surely, for how long, and how many.
///
/// Passwords never stand in it: it names the variable or the file that holds one.
extension Configuration {
    /// Reads the section `store` alone, for whoever starts the store.
    package init(storeOf root: Node) throws(Fault) {
        guard !root.isNull, let node = root["store"] else { return }
        let entries = try node.mapping(knownKeys: Setting.ofStore.map(\.key))
        for setting in Setting.ofStore {
            if let value = entries[setting.key] { try setting.read(value, &self) }
        }
        try checkStore(root)
    }

    /// How the values of the section must stand to each other.
    mutating func checkStore(_ root: Node) throws(Fault) {
        let node = root["store"] ?? root
        guard store.lease >= store.renewal * 3 else {
            throw node.fault(
                ConfigurationCode.rule,
                "lease must be at least three times renewal, or a lost answer ends an instance")
        }
        guard store.renewal < store.fence, store.fence < store.lease else {
            throw node.fault(
                ConfigurationCode.rule,
                "an instance must stop before its lease ends and after its first renewal")
        }
        guard store.deadline < store.lease else {
            throw node.fault(
                ConfigurationCode.rule,
                "deadline must be shorter than lease, or a slow answer ends an instance")
        }
    }
}

extension Setting {
    private static let section = "store"
    /// An instance stops by itself when so much of its lease is over without a renewal.
    private static let fence = (of: 10, parts: 7)

    static let ofStore: [Setting] =
        [
            Setting(
                section: section, key: "redis",
                meaning: "private (of baton up), memory, unix:/PATH or redis://HOST:PORT",
                read: { node, configuration throws(Fault) in configuration.redis = try place(node)
                },
                show: { shown($0.redis) }),
            Setting(
                section: section, key: "profile",
                meaning: "accepted means: dev in Redis, single on its disk",
                read: { node, configuration throws(Fault) in
                    configuration.store.profile = try profile(node)
                },
                show: { $0.store.profile.rawValue }),
            Setting(
                section: section, key: "password",
                meaning: "where the password of Redis stands: env:NAME or file:/PATH",
                read: { node, configuration throws(Fault) in
                    configuration.password = try password(node)
                },
                show: { $0.password ?? "none" }),
            Setting(
                section: section, key: "prefix", meaning: "what all keys in Redis begin with",
                read: { node, configuration throws(Fault) in
                    configuration.store.prefix = try prefix(node)
                },
                show: { "\"\($0.store.prefix)\"" }),
        ] + bounds + [
            delay(
                "lease", \.lease, "silence after which others may take over what an instance had"),
            delay("renewal", \.renewal, "how often an instance renews its lease"),
            delay("grace", \.grace, "what is waited after the end of a lease"),
            delay("deadline", \.deadline, "how long Redis may take for an answer"),
        ]

    private static let bounds = [
        delay("retention", \.retention, "how long finished requests are kept"),
        count("finished_kept", \.finishedKept, "finished requests that are kept"),
        Setting(
            section: section, key: "finished_bytes", meaning: "bytes that they may take",
            read: { node, configuration throws(Fault) in
                configuration.store.finishedBytes = try node.size(in: 1...Int.max / 2)
            },
            show: { text(of: $0.store.finishedBytes) }),
        delay("session_idle", \.sessionIdle, "how long a session is kept that nobody uses"),
        count("sessions_kept", \.sessionsKept, "sessions that are kept"),
        Setting(
            section: section, key: "session_bytes", meaning: "bytes that they may take",
            read: { node, configuration throws(Fault) in
                configuration.store.sessionBytes = try node.size(in: 1...Int.max / 2)
            },
            show: { text(of: $0.store.sessionBytes) }),
        count("dead_kept", \.deadKept, "dead letters that are kept"),
        count("ready", \.ready, "requests that may wait for an orchestrator with room"),
        count("tenant_in_flight", \.tenantInFlight, "requests one tenant may have in hand"),
    ]

    private static func count(
        _ key: String, _ path: any WritableKeyPath<StoreSettings, Int> & Sendable,
        _ meaning: String
    ) -> Setting {
        Setting(
            section: section, key: key, meaning: meaning,
            read: { node, configuration throws(Fault) in
                configuration.store[keyPath: path] = try node.integer(in: 1...10_000_000)
            },
            show: { String($0.store[keyPath: path]) })
    }

    private static func delay(
        _ key: String, _ path: any WritableKeyPath<StoreSettings, Duration> & Sendable,
        _ meaning: String
    ) -> Setting {
        Setting(
            section: section, key: key, meaning: meaning,
            read: { node, configuration throws(Fault) in
                configuration.store[keyPath: path] = try node.duration(in: delays)
                let lease = configuration.store.lease
                configuration.store.fence = lease * fence.parts / fence.of
            },
            show: { text(of: $0.store[keyPath: path]) })
    }

    // MARK: - Words

    /// Where a Redis may be: a socket with an absolute path, or a host.
    package static func isAddress(_ text: String) -> Bool {
        let isPrintable = text.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7f }
        guard isPrintable, text.utf8.count <= 1024 else { return false }
        if text.hasPrefix("unix:") { return text.dropFirst(5).hasPrefix("/") }
        return text.hasPrefix("redis://") && text.utf8.count > 8
    }

    private static func place(_ node: Node) throws(Fault) -> String {
        let text = try node.string()
        guard ["private", "memory"].contains(text) || isAddress(text) else {
            throw node.fault(
                ConfigurationCode.rule,
                "redis is private, memory, unix:/PATH or redis://HOST:PORT")
        }
        guard !text.contains("@") || !text.hasPrefix("redis://") || !hasPassword(text) else {
            throw node.fault(
                ConfigurationCode.rule,
                "a password does not belong here: name where it stands with password: env:NAME")
        }
        return text
    }

    private static func hasPassword(_ address: String) -> Bool {
        guard let end = address.lastIndex(of: "@") else { return false }
        return address[..<end].dropFirst(8).contains(":")
    }

    /// An address without the password that may stand in it.
    package static func shown(_ address: String) -> String {
        guard address.hasPrefix("redis://"), hasPassword(address),
            let end = address.lastIndex(of: "@")
        else { return address }
        let user = address[..<end].dropFirst(8).prefix { $0 != ":" }
        return "redis://\(user):***\(address[end...])"
    }

    private static func profile(_ node: Node) throws(Fault) -> StoreSettings.Profile {
        guard let profile = StoreSettings.Profile(rawValue: try node.string()) else {
            let names = StoreSettings.Profile.allCases.map(\.rawValue).joined(separator: ", ")
            throw node.fault(ConfigurationCode.rule, "a profile is one of \(names)")
        }
        return profile
    }

    private static func password(_ node: Node) throws(Fault) -> String? {
        let text = try node.string()
        if text == "none" { return nil }
        let isVariable = text.hasPrefix("env:") && text.utf8.count > 4
        guard isVariable || text.hasPrefix("file:/"), !text.utf8.contains(0) else {
            throw node.fault(
                ConfigurationCode.rule,
                "a password stands elsewhere: env:NAME names its variable, file:/PATH its file")
        }
        return text
    }

    /// No sign in it may mean something to Redis, as those of patterns and of clusters do.
    package static func isPrefix(_ text: String) -> Bool {
        let isPlain = text.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5a, 0x61...0x7a: true
            default: ":._-".utf8.contains(byte)
            }
        }
        return isPlain && (1...64).contains(text.utf8.count)
    }

    private static func prefix(_ node: Node) throws(Fault) -> String {
        let text = try node.string()
        guard isPrefix(text) else {
            throw node.fault(
                ConfigurationCode.rule,
                "a prefix has 1 to 64 letters, digits, colons, dots, underscores and hyphens")
        }
        return text
    }
}
