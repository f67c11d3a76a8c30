import Telemetry

/// Reading an address of Sentinels: `sentinel://host:26379,host:26379,host:26379/mastername`.
extension RedisEndpoint {
    static func sentinels(_ text: Substring) throws(Fault) -> RedisEndpoint {
        var rest = text
        var (user, password): (String?, String?)
        if let at = rest.lastIndex(of: "@") {
            (user, password) = try credentials(rest[..<at])
            rest = rest[rest.index(after: at)...]
        }
        let parts = rest.split(separator: "/", omittingEmptySubsequences: false)
        guard (2...3).contains(parts.count), isName(parts[1]) else {
            throw fault(
                "after the Sentinels stands the name of their master, of letters, digits, dots, "
                    + "hyphens and underscores: sentinel://host:26379,host:26379/mastername")
        }
        let hosts = try hosts(parts[0])
        let database = parts.count == 3 && !parts[2].isEmpty ? try number(of: parts[2]) : 0
        return RedisEndpoint(
            .sentinels(hosts, master: String(parts[1])), user: user, password: password,
            database: database)
    }

    private static func hosts(_ text: Substring) throws(Fault) -> [Host] {
        var hosts: [Host] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let (name, port) = try hostAndPort(part, standard: sentinelPort)
            let host = Host(name == "localhost" ? "127.0.0.1" : name, port)
            guard host.isNumeric else {
                throw fault(
                    "a Sentinel is named by a numeric address, as in 10.0.0.1:26379, and not by "
                        + "\(name): looking a name up would hold up everything else")
            }
            if !hosts.contains(host) { hosts.append(host) }
        }
        guard hosts.count <= mostSentinels else {
            throw fault("at most \(mostSentinels) Sentinels are asked; three are enough")
        }
        return hosts
    }

    /// What Sentinel itself takes.
    private static func isName(_ text: Substring) -> Bool {
        let isPlain = text.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5a, 0x61...0x7a: true
            default: "._-".utf8.contains(byte)
            }
        }
        return isPlain && (1...128).contains(text.utf8.count)
    }
}
