import Document
import Orchestration
import Store
import Telemetry

/// Where this orchestrator keeps durable requests: in its memory, or in a Redis.
enum StorePlace {
    case memory
    case redis(RedisEndpoint, StoreSettings)

    /// The command line says it, else the configuration. A Redis of its own is what `baton up`
    /// starts; alone an orchestrator has only its memory.
    init(
        _ options: Options, _ configuration: Configuration, environment: [String: String]
    ) throws {
        let address = options.store ?? configuration.redis
        guard address != "memory", address != "private" else {
            self = .memory
            return
        }
        var endpoint = try RedisEndpoint(address)
        if let place = configuration.password {
            let secret = try Secret(Secret.Reference(place), environment: environment)
            endpoint.password = secret.reveal()
        }
        var settings = configuration.store
        if let profile = options.profile { settings.profile = profile }
        self = .redis(endpoint, settings)
    }

    /// Whether what is accepted outlives this process.
    var isDurable: Bool { if case .redis = self { true } else { false } }

    /// Which store, for the start log.
    var name: String {
        switch self {
        case .memory: "memory"
        case .redis(let endpoint, let settings):
            "\(endpoint), profile \(settings.profile.rawValue)"
        }
    }

    /// What "accepted" is worth there.
    var lostAtWorst: String {
        switch self {
        case .memory: "everything accepted, with this process"
        case .redis(_, let settings): settings.profile.lostAtWorst
        }
    }
}

extension StoreSettings.Profile {
    fileprivate var lostAtWorst: String {
        switch self {
        case .dev: "the last seconds before a power loss; nothing when processes die"
        case .single: "nothing that was acknowledged"
        case .ha: "nothing when one node is lost; what was acknowledged last when two are at once"
        }
    }
}
