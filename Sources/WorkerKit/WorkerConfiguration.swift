import Bus
import Glibc
public import Telemetry
import Wire

/// How a worker is deployed: where its bus is, what it is called there, how much it does at once.
public struct WorkerConfiguration: Sendable {
    /// Addresses of orchestrators, separated by commas; empty: those of the nearest
    /// `.baton/cluster.json`.
    public var bus = ""
    /// The orchestrators' public keys, in the order of the addresses, or one for all; empty: the
    /// one that the file of the own key pair names.
    public var serverKey = ""
    /// The file of this process's own key pair; empty: none.
    public var key = ""
    /// The worker's name on the bus; empty: that of the worker itself.
    public var name = ""
    /// What tells this instance from others of the same name; empty: a random one.
    public var instance = ""
    /// The agents to offer; empty: all.
    public var agents: [String] = []
    /// Tasks at a time; nil: 64, or the number of processors where an agent blocks.
    public var capacity: Int?
    /// The folder where results are kept until they are acknowledged; empty: in memory only.
    public var outbox = ""
    /// How long a cancelled handler may take to end before the process leaves.
    public var grace = Duration.seconds(5)
    /// How long a drain waits for what runs.
    public var drain = Duration.seconds(10)
    public var logLevel = Log.Level.info
    /// Whether nothing at all is logged.
    package var isSilent = false

    public init() {}

    static let capacities = 1...65_536

    /// The configuration as a plan for the bus; the worker's own name stands in where none is
    /// configured.
    func plan(name ownName: String) throws(Fault) -> Session.Plan {
        let pair = try Self.pair(key)
        let endpoints = try Self.endpoints(
            bus: bus, serverKey: serverKey.isEmpty ? pair?.server ?? "" : serverKey)
        let name = name.isEmpty ? ownName : name
        var generator = SystemRandomNumberGenerator()
        let instance =
            instance.isEmpty ? MessageNumber.random(6, using: &generator) : instance
        var plan = Session.Plan(
            endpoints: endpoints,
            routingID: "\(pair?.name ?? name).\(instance)", key: pair)
        plan.log = isSilent ? .silent : Log(component: name, level: logLevel)
        guard Name.isValid(plan.routingID) else {
            throw Fault(
                WorkerCode.configuration,
                "\(plan.routingID): name and instance together have at most 64 characters of"
                    + " a-z, 0-9, '.', '_' and '-'"
            )
        }
        return plan
    }

    private static func pair(_ path: String) throws(Fault) -> KeyPair? {
        guard !path.isEmpty else { return nil }
        do throws(Fault) {
            return try KeyFolder.read(path)
        } catch {
            throw Fault(BusCode.keyFile, "the key cannot be used", at: path, cause: error)
        }
    }

    /// The configured addresses, or those of the cluster this folder belongs to.
    static func endpoints(bus: String, serverKey: String) throws(Fault) -> [ClientEndpoint] {
        guard bus.isEmpty else {
            return try ClientEndpoint.parse(bus, keys: serverKey.isEmpty ? nil : serverKey)
        }
        guard let cluster = try ClusterFile.nearest() else {
            throw Fault(
                WorkerCode.noBus,
                "no bus is known: set BATON_BUS, give --bus, or start one here with baton up")
        }
        return try cluster.endpoints()
    }
}
