import Document
import Orchestration
import Store
import Telemetry

/// What `batond` is told on its command line and in the environment.
struct Options {
    var name = "o1"
    var listen = "tcp://127.0.0.1:7400"
    var socket: String?
    var keys: String?
    var config: String?
    /// The folder of workflow files.
    var workflows: String?
    var cluster = "default"
    /// Other orchestrators of the cluster, each ADDRESS or ADDRESS=KEY.
    var peers: [String] = []
    /// Where durable requests are kept: `memory` or the address of a Redis; nil: as the
    /// configuration says.
    var store: String?
    var profile: StoreSettings.Profile?
    var readyDescriptor: Int32?
    var logLevel: Log.Level?
    var asksForHelp = false
    var asksForVersion = false

    private static let flags = [
        "--name", "--listen", "--socket", "--keys", "--config", "--workflows", "--cluster",
        "--peer",
        "--store", "--profile", "--ready-fd", "--log-level", "--help", "-h", "--version",
    ]

    /// Reads `--name VALUE` and `--name=VALUE`, over `BATOND_…` variables, over defaults.
    init(_ arguments: [String], environment: [String: String]) throws(Fault) {
        for flag in Self.flags where flag.hasPrefix("--") {
            let variable = "BATOND_" + flag.dropFirst(2).uppercased().map { $0 == "-" ? "_" : $0 }
            if let value = environment[variable] { try set(flag, value) }
        }
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            let parts = argument.split(
                separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let flag = parts.first.map(String.init) ?? ""
            if flag == "--help" || flag == "-h" {
                asksForHelp = true
                continue
            }
            if flag == "--version" {
                asksForVersion = true
                continue
            }
            guard Self.flags.contains(flag) else { throw unknown(flag) }
            guard let value = parts.count == 2 ? String(parts[1]) : rest.popFirst() else {
                throw Fault(OptionCode.usage, "\(flag) needs a value")
            }
            try set(flag, value)
        }
    }

    private mutating func set(_ flag: String, _ value: String) throws(Fault) {
        guard !value.isEmpty else { throw Fault(OptionCode.usage, "\(flag) needs a value") }
        switch flag {
        case "--name": name = value
        case "--listen": listen = value
        case "--socket": socket = value
        case "--keys": keys = value
        case "--config": config = value
        case "--workflows": workflows = value
        case "--cluster": cluster = value
        case "--peer": peers += value.split(separator: ",").map(String.init)
        case "--store":
            guard value == "memory" || Setting.isAddress(value) else {
                throw Fault(
                    OptionCode.usage,
                    "--store is memory, unix:/PATH, redis://HOST:PORT or "
                        + "sentinel://HOST:PORT,HOST:PORT,HOST:PORT/MASTER")
            }
            store = value
        case "--profile":
            guard let word = StoreSettings.Profile(rawValue: value) else {
                let words = StoreSettings.Profile.allCases.map(\.rawValue)
                throw Fault(
                    OptionCode.usage, "--profile is one of \(words.joined(separator: ", "))")
            }
            profile = word
        case "--ready-fd":
            guard let number = Int32(value), (1...1023).contains(number) else {
                throw Fault(OptionCode.usage, "--ready-fd is a descriptor from 1 to 1023")
            }
            readyDescriptor = number
        case "--log-level":
            guard let level = Log.Level(name: value) else {
                throw Fault(OptionCode.usage, "--log-level is debug, info, warning or error")
            }
            logLevel = level
        default: break
        }
    }

    private func unknown(_ flag: String) -> Fault {
        let offer = Suggestion.phrase(for: flag, in: Self.flags)
        return Fault(OptionCode.usage, "unknown option \(flag)\(offer)")
    }

    static let help = """
        batond: the orchestrator daemon of Baton

        usage: batond [--name NAME] [--listen tcp://HOST:PORT] [--socket PATH]
                      [--keys DIR] [--config FILE] [--workflows DIR] [--store URL]
                      [--profile WORD] [--cluster NAME] [--peer ADDRESS[=KEY]]
                      [--log-level LEVEL]

          --name NAME        what this orchestrator is called in its cluster (default o1)
          --listen ADDRESS   where everybody connects (default tcp://127.0.0.1:7400); broadcasts are
                             bound one port above it, the tap two ports above it; port 0: any three
          --socket PATH      a unix socket for processes of the same user on this host
          --keys DIR         the cluster's keys, made by `baton keys init`; without them only
                             loopback is bound
          --config FILE      limits and delays: see `baton config check`
          --workflows DIR    workflow files to serve, read again when they change
          --cluster NAME     the cluster this orchestrator belongs to (default: default)
          --peer ADDRESS[=KEY]
                             another orchestrator of the cluster and its public key, which is this
                             one's own unless it is given; again for each, or separated by commas
          --store URL        where durable requests are kept: a Redis at unix:/PATH or
                             redis://HOST:PORT, the master MASTER of Sentinels at
                             sentinel://HOST:PORT,HOST:PORT,HOST:PORT/MASTER with numeric hosts (a
                             password belongs into BATOND_STORE, or is named in the configuration),
                             or memory (the default: what is accepted ends with this process)
          --profile PROFILE  what that Redis must be set to: dev (accepted means in Redis), single
                             (accepted means on its disk) or ha (accepted means in the memory of
                             the master and of a replica)
          --ready-fd N       write one JSON line with all addresses there once everything is bound
          --log-level LEVEL  debug, info (default), warning or error
          --help, --version

        Each option can also stand in a variable: BATOND_NAME, BATOND_LISTEN, …
        SIGTERM drains and leaves, a second one leaves at once, SIGHUP reads the configuration
        and the list of keys again; connections that were let in stay.

        exit codes: 0 ended as asked, 1 an unexpected fault, 66 a file is missing,
        69 something it needs is not there, 70 an internal fault, 77 a key or a permission is
        refused, 78 the command line or the configuration cannot be used

        examples:
          batond
          batond --listen tcp://0.0.0.0:7400 --keys /etc/baton/keys --config /etc/baton/baton.yaml
          batond --name o2 --listen tcp://10.0.0.2:7400 --keys /etc/baton/keys \\
                 --peer tcp://10.0.0.1:7400 --store redis://10.0.0.9
        """
}

enum OptionCode: String, FaultCode {
    case usage
}
