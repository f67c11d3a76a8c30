import Document
import Glibc
import Orchestration
import Reactor
import Store
import Telemetry

/// The store that a command is about: the one named, that of the cluster that runs here, or the
/// private one of a cluster that does not run, which is then started for the time of a visit.
struct StorePlace: Sendable {
    let endpoint: RedisEndpoint
    let prefix: String
    /// The folder of the private Redis that nobody runs.
    var asleep: ClusterFolder?
    var profile = StoreSettings.Profile.dev
    /// The profile where a cluster says it, and the processes of its store.
    var known: String?
    var nodes: [ClusterFile.Store.Node] = []

    static let store = Option(
        "store", .text, "URL",
        "A Redis: unix:/PATH, redis://HOST:PORT or sentinel://HOST:PORT,…/MASTER; without it the "
            + "one of this cluster",
        variable: "BATON_STORE")
    static let prefix = Option(
        "prefix", .text, "PREFIX", "What the keys begin with; without it what the cluster says")
    static let password = Option(
        "password", .text, "WHERE", "Where the password stands: env:NAME or file:/PATH")
    static let options = [store, prefix, password]

    static func find(_ invocation: Invocation) throws -> StorePlace {
        let console = invocation.console
        var plan = StorePlan()
        let word = invocation.text(store)
        if let word, word != "private" {
            try plan.choose(store: word, profile: nil)
            let store = ClusterFile.Store(plan, socket: "")
            return try place(store, invocation, of: nil)
        }
        let directory = invocation.text(CommonOptions.directory).map(console.path)
        if let (_, file) = try running(directory, console), let store = file.store {
            var place = try place(store, invocation, of: nil)
            (place.known, place.nodes) = (store.profile, store.nodes ?? [])
            return place
        }
        let folder = try sleeping(directory, console)
        let standard = "\(folder.directory)/\(SystemFile.name)"
        if File.exists(standard) { plan = try SystemFile.read(standard).store }
        guard plan.place != .own || plan.profile != .ha && File.isFolder(folder.redis) else {
            throw Fault(
                Exit.unavailable,
                "The store of this cluster is a master with replicas, which run with the cluster "
                    + "alone; start it with baton up --profile ha.", at: folder.directory)
        }
        let socket = folder.socket(ClusterFile.Store.name, variables: console.variables)
        return try place(
            ClusterFile.Store(plan, socket: socket), invocation,
            of: plan.place == .own ? folder : nil)
    }

    /// The cluster that runs here; nil where none does.
    private static func running(
        _ directory: String?, _ console: Console
    ) throws(Fault) -> (ClusterFolder, ClusterFile)? {
        do throws(Fault) {
            return try ClusterAddress.local(directory: directory, folder: console.folder)
        } catch {
            guard error.has(Exit.unavailable) else { throw error }
            return nil
        }
    }

    private static func sleeping(
        _ directory: String?, _ console: Console
    ) throws(Fault) -> ClusterFolder {
        let start = directory.map { File.absolute($0) ?? $0 } ?? console.folder
        var path = start
        while true {
            let folder = ClusterFolder(directory: path == "/" ? "" : path)
            if File.isFolder(folder.redis) || RedisGroup.exists(in: folder) { return folder }
            guard directory == nil, path != "/" else {
                throw Fault(
                    Exit.unavailable,
                    "No cluster with a Redis of its own was found in \(start)"
                        + "\(directory == nil ? " or above it" : ""); name one with --store.")
            }
            path = File.parent(of: path)
        }
    }

    private static func place(
        _ store: ClusterFile.Store, _ invocation: Invocation, of folder: ClusterFolder?
    ) throws -> StorePlace {
        guard store.kind != .memory else {
            throw Fault(
                Exit.unavailable,
                "This cluster keeps requests in memory alone: there is no store to look into.")
        }
        var endpoint = try RedisEndpoint(store.url)
        if let reference = invocation.text(password) ?? store.password {
            endpoint.password = try Secret(
                Secret.Reference(reference), environment: invocation.console.variables
            ).reveal()
        }
        let prefix = invocation.text(prefix) ?? store.prefix
        guard Setting.isPrefix(prefix) else {
            throw Fault(
                Exit.usage,
                "--prefix has 1 to 64 letters, digits, colons, dots, underscores and hyphens, not "
                    + "\(Printable.quoted(prefix)).")
        }
        let profile = StoreSettings.Profile(rawValue: store.profile) ?? .dev
        return StorePlace(endpoint: endpoint, prefix: prefix, asleep: folder, profile: profile)
    }

    /// The store of a cluster, as its own file has it.
    init(_ store: ClusterFile.Store, _ console: Console) throws {
        var endpoint = try RedisEndpoint(store.url)
        if let reference = store.password {
            endpoint.password = try Secret(
                Secret.Reference(reference), environment: console.variables
            ).reveal()
        }
        self.init(endpoint: endpoint, prefix: store.prefix)
    }

    private init(
        endpoint: RedisEndpoint, prefix: String, asleep: ClusterFolder? = nil,
        profile: StoreSettings.Profile = .dev
    ) {
        (self.endpoint, self.prefix) = (endpoint, prefix)
        (self.asleep, self.profile) = (asleep, profile)
    }

    // MARK: - Visiting

    /// Lends a visit; Ctrl-C ends it.
    func visit<Success: Sendable>(
        _ console: Console, _ body: @escaping @Sendable (StoreVisit) async throws -> Success
    ) async throws -> Success {
        let place = self
        return try await Interruption.cancelling(on: console.loop) {
            guard let folder = place.asleep else {
                return try await StoreVisit.with(
                    place.endpoint, prefix: place.prefix, on: console.loop, body)
            }
            return try await Lock.holding(folder.lockFile) {
                try await place.woken(in: folder, console) {
                    try await StoreVisit.with(
                        place.endpoint, prefix: place.prefix, on: console.loop, body)
                }
            }
        }
    }

    /// Starts the private Redis, and ends it again however the visit went.
    private func woken<Success: Sendable>(
        in folder: ClusterFolder, _ console: Console, _ body: () async throws -> Success
    ) async throws -> Success {
        let search = SearchPath(variables: console.variables, program: console.program)
        let program = try await RedisProgram.find(search, on: console.loop)
        guard case .unix(let socket) = endpoint.place, !RedisProbe.isHeld(socket) else {
            return try await body()
        }
        let log = folder.log(of: ClusterFile.Store.name)
        let arguments = RedisProgram.arguments(
            program, folder: folder.redis, socket: socket, profile: profile)
        let mask = umask(0o077)
        defer { umask(mask) }
        let process = try ChildProcess(
            Reactor.Command(
                arguments, environment: console.variables, directory: folder.directory,
                output: .file(log), error: .file(log)),
            on: console.loop)
        let result: Result<Success, any Error>
        do {
            try await process.answers(at: socket, on: console.loop, log: log)
            result = .success(try await body())
        } catch {
            result = .failure(error)
        }
        process.kill(SIGTERM)
        await process.ended(on: console.loop)
        return try result.get()
    }
}

extension ChildProcess {
    /// Waits for the end, also where the task was cancelled: its last flush takes its time.
    fileprivate func ended(on loop: EventLoop) async {
        while exit == nil {
            await withCheckedContinuation { continuation in
                let pause = Pause()
                pause.timer = loop.timer(after: .milliseconds(10)) {
                    pause.timer = nil
                    continuation.resume()
                }
            }
        }
    }

    /// Waits until the Redis that was started answers, or has ended.
    fileprivate func answers(at socket: String, on loop: EventLoop, log: String) async throws {
        let (answers, queue) = AsyncStream.makeStream(
            of: Void.self, bufferingPolicy: .bufferingOldest(1))
        let probe = RedisProbe(.socket(socket), on: loop) { queue.yield() }
        defer { probe.cancel() }
        let hasAnswered = try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                for await _ in answers { return true }
                throw CancellationError()
            }
            group.addTask {
                _ = try await self.waitForExit()
                return false
            }
            defer { group.cancelAll() }
            return try await group.next() ?? false
        }
        guard hasAnswered else {
            throw Fault(
                baton.Exit.unavailable, "The private Redis does not start; it says why.", at: log)
        }
    }
}

/// Holds a timer until it has fired.
private final class Pause {
    var timer: Reactor.Timer?
}
