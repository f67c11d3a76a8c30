import Document
import Orchestration
import Store
import Telemetry

/// Where a cluster keeps durable requests, as its file and the command line say it. Pure; it starts
/// nothing.
struct StorePlan: Sendable, Equatable {
    enum Place: Sendable, Equatable {
        /// A Redis that lives with the cluster.
        case own
        /// Nowhere: they are lost with the orchestrator that has them.
        case memory
        /// A Redis that is there already.
        case elsewhere(String)
    }

    var place = Place.own
    var profile = StoreSettings.Profile.dev
    var prefix = StoreSettings().prefix
    /// Where the password stands, never the password.
    var password: String?

    /// What `baton.yaml` says of it.
    static func decode(_ root: Node) throws(Fault) -> StorePlan {
        let configuration = try Configuration(storeOf: root)
        return StorePlan(
            place: place(configuration.redis), profile: configuration.store.profile,
            prefix: configuration.store.prefix, password: configuration.password)
    }

    /// What the command line says goes before what the file says.
    mutating func choose(store: String?, profile: String?) throws(Fault) {
        if let store {
            guard ["private", "memory"].contains(store) || Setting.isAddress(store) else {
                throw Fault(
                    Exit.usage,
                    "--store is private, memory, unix:/PATH, redis://HOST:PORT or "
                        + "sentinel://HOST:PORT,HOST:PORT,HOST:PORT/MASTER, not "
                        + "\(Printable.quoted(Setting.shown(store))).")
            }
            place = Self.place(store)
        }
        guard let profile = profile.flatMap(StoreSettings.Profile.init) else { return }
        guard place != .memory else {
            throw Fault(
                Exit.usage,
                "--profile says how surely Redis keeps requests; with --store memory none does.")
        }
        self.profile = profile
    }

    private static func place(_ text: String) -> Place {
        switch text {
        case "private": .own
        case "memory": .memory
        default: .elsewhere(text)
        }
    }
}

extension ClusterFile.Store {
    init(_ plan: StorePlan, socket: String, group: RedisGroup? = nil) {
        switch plan.place {
        case .own where group != nil: self.init(kind: .own, url: group?.url ?? "")
        case .own: self.init(kind: .own, url: "unix:\(socket)")
        case .memory: self.init(kind: .memory, url: "memory")
        case .elsewhere(let url): self.init(kind: .elsewhere, url: url)
        }
        (profile, prefix, password) = (plan.profile.rawValue, plan.prefix, plan.password)
        if let group { (password, nodes) = ("file:\(group.passwordFile)", []) }
    }

    /// `private Redis, profile dev`.
    var title: String {
        switch kind {
        case .own where nodes != nil:
            "private Redis with two replicas and three Sentinels, profile \(profile)"
        case .own: "private Redis, profile \(profile)"
        case .memory: "memory"
        case .elsewhere: "\(Setting.shown(url)), profile \(profile)"
        }
    }

    /// What its user may rely on once a request is accepted.
    var promise: String {
        guard kind != .memory else { return "what is accepted is lost with its orchestrator" }
        return switch StoreSettings.Profile(rawValue: profile) {
        case .dev: "accepted means in Redis; on its disk within about a second"
        case .single: "accepted means on the disk of Redis"
        case .ha: "accepted means in Redis and in a replica; on their disks within about a second"
        case nil: "a profile this release does not know"
        }
    }

    /// For programs; a password in the address stays out of it.
    var value: Value {
        [
            "kind": .string(kind.rawValue), "url": .string(Setting.shown(url)),
            "profile": kind == .memory ? .null : .string(profile),
            "prefix": kind == .memory ? .null : .string(prefix), "accepted": .string(promise),
        ]
    }
}
