internal import Glibc
internal import Synchronization

/// A private master with two replicas and three Sentinels, on ports of the loopback that nobody
/// else is given: started when this is made, ended with it.
package final class RedisTrio: Sendable {
    package static let name = "trio"
    private static let size = 3

    private let ports: [ReservedPort]
    /// The first is the master at first.
    package let servers: [RedisServer]
    package let sentinels: [RedisSentinel]

    /// - Parameter silence: milliseconds after which Sentinels take the master for dead.
    package init(silence: Int = 1000) throws {
        let ports = try (0..<2 * Self.size).map { _ in try ReservedPort() }
        self.ports = ports
        servers = try (0..<Self.size).map { place in
            try RedisServer([
                "port", "\(ports[place].number)", "bind", "127.0.0.1", "min-replicas-to-write",
                "1", "min-replicas-max-lag", "5", "repl-diskless-sync-delay", "0",
            ])
        }
        for server in servers.dropFirst() {
            let client = try RedisClient(server.socket)
            _ = try client.ask("REPLICAOF", "127.0.0.1", "\(ports[0].number)")
        }
        sentinels = try (0..<Self.size).map { place in
            try RedisSentinel(
                port: ports[Self.size + place], watching: ports[0], silence: silence)
        }
        try awaitWhole()
    }

    /// The Sentinels as an address of the store.
    package var endpoint: String {
        let hosts = ports.dropFirst(Self.size).map { "127.0.0.1:\($0.number)" }
        return "sentinel://\(hosts.joined(separator: ","))/\(Self.name)"
    }

    /// The address of a server, as Sentinels name it.
    package func address(of place: Int) -> String { "127.0.0.1:\(ports[place].number)" }

    /// Starts one again, as a replica of another.
    package func start(_ place: Int, following master: Int) throws {
        try servers[place].start()
        let client = try RedisClient(servers[place].socket)
        _ = try client.ask("REPLICAOF", "127.0.0.1", "\(ports[master].number)")
    }

    /// Those that call themselves a master.
    package var masters: [Int] {
        servers.indices.filter { place in
            guard servers[place].id != 0, let client = try? RedisClient(servers[place].socket),
                let answer = try? client.ask("ROLE")
            else { return false }
            return answer.list?.first?.text == "master"
        }
    }

    /// Waits until the replicas follow and the Sentinels know them and each other.
    package func awaitWhole() throws {
        for _ in 0..<2_000 {
            if isWhole { return }
            poll(nil, 0, 10)
        }
        throw SystemError("a master with its replicas does not come up", Self.name)
    }

    private var isWhole: Bool {
        guard masters.count == 1, let master = masters.first,
            let client = try? RedisClient(servers[master].socket),
            let answer = try? client.ask("INFO", "replication"),
            answer.text?.contains("min_slaves_good_slaves:2") == true
        else { return false }
        return sentinels.allSatisfy { $0.knows(replicas: 2, others: 2, of: Self.name) }
    }
}

/// One private Sentinel; it can be asked over a socket of the file system, too.
package final class RedisSentinel: Sendable {
    private let folder: TemporaryFolder
    private let process = Atomic<pid_t>(0)

    package init(port: ReservedPort, watching master: ReservedPort, silence: Int) throws {
        folder = try TemporaryFolder()
        let name = RedisTrio.name
        try folder.write(
            """
            port \(port.number)
            bind 127.0.0.1
            unixsocket "\(folder.file("s.sock"))"
            dir "\(folder.path)"
            logfile "\(folder.file("log"))"
            sentinel monitor \(name) 127.0.0.1 \(master.number) 2
            sentinel down-after-milliseconds \(name) \(silence)
            sentinel failover-timeout \(name) 2000

            """, to: "sentinel.conf")
        try start()
    }

    deinit { kill() }

    package var socket: String { folder.file("s.sock") }

    package func start() throws {
        guard process.load(ordering: .acquiring) == 0 else { return }
        let words = [RedisServer.program ?? "", folder.file("sentinel.conf"), "--sentinel"]
        process.store(try RedisServer.spawn(words), ordering: .releasing)
    }

    package func kill() {
        let current = process.exchange(0, ordering: .acquiringAndReleasing)
        guard current != 0 else { return }
        Glibc.kill(current, SIGKILL)
        while waitpid(current, nil, 0) < 0, errno == EINTR {}
        unsafe unlink(socket)
    }

    package func ask(_ words: String...) throws -> RedisClient.Answer {
        try RedisClient(socket).ask(words)
    }

    fileprivate func knows(replicas: Int, others: Int, of name: String) -> Bool {
        guard let facts = try? ask("SENTINEL", "MASTER", name).list?.map({ $0.text ?? "" }) else {
            return false
        }
        func value(_ key: String) -> String? {
            facts.firstIndex(of: key).flatMap { $0 + 1 < facts.count ? facts[$0 + 1] : nil }
        }
        return value("num-slaves") == "\(replicas)" && value("num-other-sentinels") == "\(others)"
            && value("flags") == "master"
    }
}
