import Document
import Telemetry

/// The files of a private master with two replicas and three Sentinels, each program in a folder of
/// its own. They are written once; from then on Redis and Sentinel write them themselves, so that
/// whoever is the master stays it.
///
/// Sentinel knows no sockets of the file system, so all of them listen on the loopback, where every
/// user of the machine can knock: nobody gets in without a password that only the owner can read.
struct RedisGroup: Sendable, Equatable {
    struct Member: Sendable, Equatable {
        var name: String
        var folder: String
        var file: String
        var port: Int
        var isSentinel: Bool
    }

    /// What Sentinels call the master.
    static let master = "baton"
    static let size = 3
    private static let firstPort = 17_400
    private static let fileLimit = 1 << 20

    let members: [Member]
    let password: String
    let passwordFile: String

    /// Where the store is, without the password.
    var url: String { Self.url(sentinels, password: nil) }
    /// The same for the environment of a process of the same user.
    var secretURL: String { Self.url(sentinels, password: password) }

    private var sentinels: [Member] { members.filter(\.isSentinel) }

    private static func url(_ sentinels: [Member], password: String?) -> String {
        let hosts = sentinels.map { "127.0.0.1:\($0.port)" }.joined(separator: ",")
        return "sentinel://\(password.map { ":\($0)@" } ?? "")\(hosts)/\(master)"
    }

    // MARK: - On the disk

    /// Whether the folder has held one.
    static func exists(in folder: ClusterFolder) -> Bool {
        File.exists(member(1, isSentinel: false, in: folder, port: 0).file)
    }

    /// The one in the folder; a new one where there is none.
    static func open(
        in folder: ClusterFolder, isFree: (Int) -> Bool = Ports.isFree
    ) throws(Fault) -> RedisGroup {
        if let group = try read(folder) {
            for member in group.members where !isFree(member.port) {
                throw Fault(
                    Exit.unavailable,
                    "wants port \(member.port), and another process has it; find it with "
                        + "ss -tlnp sport = \(member.port), and end it.", at: member.file)
            }
            return group
        }
        return try make(folder, isFree: isFree)
    }

    private static func member(
        _ number: Int, isSentinel: Bool, in folder: ClusterFolder, port: Int
    ) -> Member {
        let kind = isSentinel ? "sentinel" : "redis"
        let place = "\(folder.root)/\(kind)-\(number)"
        return Member(
            name: "\(kind)-\(number)", folder: place, file: "\(place)/\(kind).conf", port: port,
            isSentinel: isSentinel)
    }

    private static func members(_ folder: ClusterFolder, port: (Int) -> Int) -> [Member] {
        (0..<2 * size).map { place in
            member(
                place % size + 1, isSentinel: place >= size, in: folder, port: port(place))
        }
    }

    private static func passwordFile(_ folder: ClusterFolder) -> String {
        "\(folder.root)/redis.password"
    }

    /// Nothing where none was ever started.
    static func read(_ folder: ClusterFolder) throws(Fault) -> RedisGroup? {
        var members = members(folder) { _ in 0 }
        let file = passwordFile(folder)
        let missing = (members.map(\.file) + [file]).filter { !File.exists($0) }
        guard missing.isEmpty else {
            guard members.contains(where: { File.exists("\($0.folder)/appendonlydir") }) else {
                return nil
            }
            throw Fault(
                Exit.configuration,
                "is missing, and without it nobody knows which Redis is the master: bring it back, "
                    + "or move the folders redis-1 to redis-3 and sentinel-1 to sentinel-3 away to "
                    + "begin anew.", at: missing[0])
        }
        for place in members.indices {
            let bytes = try File.read(members[place].file, limit: fileLimit)
            guard let port = port(in: String(decoding: bytes, as: UTF8.self)) else {
                throw Fault(Exit.configuration, "names no port.", at: members[place].file)
            }
            members[place].port = port
        }
        let bytes = try File.read(file, limit: 256)
        let password = String(decoding: bytes, as: UTF8.self).filter { !$0.isWhitespace }
        guard !password.isEmpty else { throw Fault(Exit.configuration, "is empty.", at: file) }
        return RedisGroup(members: members, password: password, passwordFile: file)
    }

    static func port(in text: String) -> Int? {
        for line in text.split(whereSeparator: \.isNewline) {
            let words = line.split(separator: " ")
            if words.count == 2, words[0] == "port" { return Int(words[1]) }
        }
        return nil
    }

    /// The file of the last one is written last: until then nothing was started.
    private static func make(
        _ folder: ClusterFolder, isFree: (Int) -> Bool
    ) throws(Fault) -> RedisGroup {
        let first = try Ports.bases(1, from: firstPort, width: 2 * size, isFree: isFree)[0]
        let group = RedisGroup(
            members: members(folder) { first + $0 }, password: random(),
            passwordFile: passwordFile(folder))
        try File.write(Array("\(group.password)\n".utf8), to: group.passwordFile)
        for member in group.members {
            try File.makeFolder(member.folder)
            try File.write(Array(group.settings(of: member).utf8), to: member.file)
        }
        return group
    }

    private static func random() -> String {
        var generator = SystemRandomNumberGenerator()
        return (0..<4).map { _ in String(generator.next() as UInt64, radix: 36) }.joined()
    }

    // MARK: - What stands in the files

    func settings(of member: Member) -> String {
        let lines = member.isSentinel ? sentinel : redis(member)
        let common = [
            "port \(member.port)", "bind 127.0.0.1", "protected-mode yes", "daemonize no",
            "dir \(Self.quoted(member.folder))", "logfile \"\"", "requirepass \(password)",
        ]
        return (common + lines).joined(separator: "\n") + "\n"
    }

    private func redis(_ member: Member) -> [String] {
        let lines = [
            "masterauth \(password)", "appendonly yes", "appendfsync everysec", "save \"\"",
            "maxmemory-policy noeviction", "min-replicas-to-write 1", "min-replicas-max-lag 5",
            "repl-diskless-sync-delay 0", "repl-backlog-size 16mb",
        ]
        guard let master = members.first, member != master else { return lines }
        return lines + ["replicaof 127.0.0.1 \(master.port)"]
    }

    private var sentinel: [String] {
        let name = Self.master
        return [
            "sentinel monitor \(name) 127.0.0.1 \(members.first?.port ?? 0) 2",
            "sentinel auth-pass \(name) \(password)",
            "sentinel down-after-milliseconds \(name) 1000",
            "sentinel failover-timeout \(name) 5000", "sentinel parallel-syncs \(name) 1",
        ]
    }

    private static func quoted(_ path: String) -> String {
        var safe = ""
        for sign in path {
            if sign == "\\" || sign == "\"" { safe.append("\\") }
            safe.append(sign)
        }
        return "\"\(safe)\""
    }
}
