package import Glibc
internal import Synchronization

/// A private `redis-server` on a socket in a folder of its own: started when this is made, ended
/// with it. It never listens on a port and keeps its data when it is started again.
///
/// A suite that needs one is skipped where there is none:
/// `@Suite(.enabled(if: RedisServer.isInstalled, Comment(rawValue: RedisServer.missing)))`.
package final class RedisServer: Sendable {
    package let folder: TemporaryFolder
    /// Options as `redis-server` takes them, without the dashes, and their values.
    private let options: [String]
    /// Zero while none runs.
    private let process = Atomic<pid_t>(0)

    /// - Parameters:
    ///   - options: for instance `["requirepass", "secret", "maxmemory", "2mb"]`; they go before
    ///     what this sets by itself (append-only, written every second, no snapshots).
    ///   - waits: whether to wait until it answers; it may be long in loading.
    package init(_ options: [String] = [], waits: Bool = true) throws {
        self.folder = try TemporaryFolder()
        self.options = options
        try start(waits: waits)
    }

    deinit { kill() }

    /// The path of its socket.
    package var socket: String { folder.file("redis.sock") }
    /// The socket as an address of the store.
    package var endpoint: String { "unix:\(socket)" }
    /// What it has written about itself.
    package var log: String {
        (try? FileTree.text(of: folder.file("redis.log"))) ?? ""
    }
    /// The number of its process; zero while none runs.
    package var id: pid_t { process.load(ordering: .acquiring) }

    // MARK: - Its life

    /// Starts it, again after `stop` and `kill`, on the data that is there.
    package func start(waits: Bool = true) throws {
        guard id == 0 else { return }
        let defaults = [
            "port", "0", "unixsocket", socket, "unixsocketperm", "700", "dir", folder.path,
            "logfile", folder.file("redis.log"), "save", "", "appendonly", "yes",
            "appendfsync", "everysec", "maxmemory-policy", "noeviction",
        ]
        let all = zip(0..., defaults + options).map { $0 % 2 == 0 ? "--\($1)" : $1 }
        process.store(
            try RedisServer.spawn([RedisServer.program ?? ""] + all), ordering: .releasing)
        if waits { try awaitAnswer() }
    }

    /// Asks it to end, and waits until it has.
    package func stop() { end(SIGTERM) }
    /// Ends it at once, as a power cut does for the process.
    package func kill() { end(SIGKILL) }
    /// Holds it: connections stay and nothing answers, until `resume`.
    package func pause() { signal(SIGSTOP) }
    package func resume() { signal(SIGCONT) }

    /// Waits until it answers, for ten seconds at most.
    package func awaitAnswer() throws {
        for _ in 0..<2_000 {
            if let client = try? RedisClient(socket),
                let answer = try? client.ask("PING"), RedisServer.isAlive(answer)
            {
                return
            }
            var status: Int32 = 0
            let current = id
            if unsafe current != 0 && waitpid(current, &status, WNOHANG) == current {
                process.store(0, ordering: .releasing)
                throw SystemError("redis-server ended: \(log.suffix(500))", socket)
            }
            poll(nil, 0, 5)
        }
        throw SystemError("redis-server does not answer: \(log.suffix(500))", socket)
    }

    /// A server that wants a password answers, too.
    private static func isAlive(_ answer: RedisClient.Answer) -> Bool {
        switch answer {
        case .fault(let text): text.hasPrefix("NOAUTH")
        default: true
        }
    }

    private func signal(_ number: Int32) {
        let current = id
        if current != 0 { Glibc.kill(current, number) }
    }

    private func end(_ number: Int32) {
        let current = process.exchange(0, ordering: .acquiringAndReleasing)
        guard current != 0 else { return }
        Glibc.kill(current, number)
        // One that is held would not hear it.
        Glibc.kill(current, SIGCONT)
        // One that still ends would take the next one's socket along.
        while waitpid(current, nil, 0) < 0, errno == EINTR {}
        unsafe unlink(socket)
    }

    // MARK: - The program

    /// Where `redis-server` is, if it is.
    package static let program: String? = {
        let path = unsafe getenv("PATH").map { unsafe String(cString: $0) } ?? "/usr/bin:/bin"
        let places = path.split(separator: ":") + ["/usr/local/bin", "/usr/bin"]
        return places.map { "\($0)/redis-server" }.first { unsafe access($0, X_OK) == 0 }
    }()

    package static var isInstalled: Bool { program != nil }
    /// What to say where it is not.
    package static let missing = "redis-server is missing here: apt install redis-server"

    static func spawn(_ words: [String]) throws -> pid_t {
        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        // The threads of tests block all signals, and a child would inherit that.
        var none = sigset_t()
        unsafe sigemptyset(&none)
        unsafe posix_spawnattr_setsigmask(&attributes, &none)
        unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        var list: [UnsafeMutablePointer<CChar>?] = unsafe words.map { unsafe strdup($0) }
        unsafe list.append(nil)
        defer { for place in unsafe list.indices { unsafe free(list[place]) } }
        var id = pid_t(0)
        errno = unsafe posix_spawn(&id, words[0], nil, &attributes, &list, environ)
        guard errno == 0 else { throw SystemError("posix_spawn", words[0]) }
        return id
    }
}
