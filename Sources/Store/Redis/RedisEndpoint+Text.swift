package import Telemetry

/// Reading an address of Redis as people write it. A complaint never repeats a password.
extension RedisEndpoint {
    package init(_ text: String) throws(Fault) {
        if let rest = text.suffix(after: "unix:") {
            self = try RedisEndpoint.unix(String(rest))
        } else if let rest = text.suffix(after: "redis://") {
            self = try RedisEndpoint.tcp(rest)
        } else if let rest = text.suffix(after: "sentinel://") {
            self = try RedisEndpoint.sentinels(rest)
        } else if text.hasPrefix("rediss://") {
            throw RedisEndpoint.fault(
                "Redis is not reached over TLS from here: use unix:/path, or redis:// over a "
                    + "private network or a tunnel")
        } else {
            throw RedisEndpoint.fault(
                "an address of Redis is unix:/path or redis://host:6379, each with an optional "
                    + "database: unix:/path?db=1, redis://host:6379/1; or that of its Sentinels: "
                    + "sentinel://host:26379,host:26379,host:26379/mastername")
        }
    }

    static func fault(_ message: String) -> Fault {
        Fault(StoreCode.address, message)
    }

    private static func unix(_ text: String) throws(Fault) -> RedisEndpoint {
        let parts = text.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        var path = parts.first.map(String.init) ?? ""
        // unix:///path is the same as unix:/path.
        while path.hasPrefix("//") { path.removeFirst() }
        guard path.hasPrefix("/"), path.utf8.count > 1, !path.utf8.contains(0) else {
            throw fault("after unix: stands the whole path of a socket, as in unix:/run/redis.sock")
        }
        guard path.utf8.count <= longestPath else {
            throw fault(
                "the path of a socket ends at \(longestPath) bytes; this one has "
                    + "\(path.utf8.count): \(path)")
        }
        guard parts.count == 2 else { return RedisEndpoint(.unix(path)) }
        guard let database = parts[1].suffix(after: "db=") else {
            throw fault("after the path of a socket only ?db=NUMBER may stand")
        }
        return RedisEndpoint(.unix(path), database: try number(of: database))
    }

    private static func tcp(_ text: Substring) throws(Fault) -> RedisEndpoint {
        var rest = text
        var (user, password): (String?, String?)
        if let at = rest.lastIndex(of: "@") {
            (user, password) = try credentials(rest[..<at])
            rest = rest[rest.index(after: at)...]
        }
        var database = 0
        if let slash = rest.firstIndex(of: "/") {
            let name = rest[rest.index(after: slash)...]
            database = name.isEmpty ? 0 : try number(of: name)
            rest = rest[..<slash]
        }
        let (host, port) = try hostAndPort(rest)
        return RedisEndpoint(
            .tcp(host: host, port: port), user: user, password: password, database: database)
    }

    static func credentials(_ text: Substring) throws(Fault) -> (String?, String?) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard let user = plain(parts.first ?? ""),
            let password = plain(parts.dropFirst().first ?? "")
        else { throw fault("before the @ of an address, a % stands before two hexadecimal digits") }
        return (user.isEmpty ? nil : user, password.isEmpty ? nil : password)
    }

    static func hostAndPort(
        _ text: Substring, standard: Int = standardPort
    ) throws(Fault) -> (String, Int) {
        var (host, port) = (text, Substring(String(standard)))
        if text.hasPrefix("["), let end = text.firstIndex(of: "]") {
            host = text[text.index(after: text.startIndex)..<end]
            let rest = text[text.index(after: end)...]
            guard rest.isEmpty || rest.hasPrefix(":") else {
                throw fault("after the ] of a host stands a : and a port")
            }
            if !rest.isEmpty { port = rest.dropFirst() }
        } else if let colon = text.lastIndex(of: ":") {
            (host, port) = (text[..<colon], text[text.index(after: colon)...])
        }
        guard let number = Int(port), (1...65_535).contains(number) else {
            throw fault("a port of Redis is a number from 1 to 65535, and is mostly \(standard)")
        }
        let isPlain =
            host.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f }
            && !host.contains { "?#[]".contains($0) }
        guard !host.isEmpty, host.utf8.count <= 253, isPlain else {
            throw fault("the host of Redis is missing or no name, as in redis://localhost:6379")
        }
        return (String(host), number)
    }

    static func number(of text: Substring) throws(Fault) -> Int {
        guard let number = Int(text), (0...16_383).contains(number) else {
            throw fault("a database of Redis is a number from 0 to 16383, and is mostly 0")
        }
        return number
    }

    /// Undoes `%40`; nothing where a `%` stands before anything else.
    private static func plain(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let value = UInt8(String(rest.prefix(2)) ?? "", radix: 16), rest.count >= 2 else {
                return nil
            }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        return String(validating: bytes, as: UTF8.self)
    }
}

extension StringProtocol {
    fileprivate func suffix(after prefix: String) -> Self.SubSequence? {
        hasPrefix(prefix) ? dropFirst(prefix.count) : nil
    }
}
