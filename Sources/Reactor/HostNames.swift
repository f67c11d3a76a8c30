import Glibc

/// Finds the addresses of hosts by their names, on threads of its own: where a server of names is
/// silent the system waits ten seconds for it, and nobody else may. It never holds up the loop and
/// keeps no answer: what was true may not be any more.
package final class HostNames {
    /// Asks the system, and waits for it.
    package typealias Lookup = @Sendable (String) -> [String]

    private enum Limits {
        /// A name that nobody answers for holds up one thread.
        static let threads = 4
        static let waiting = 256
    }

    private let loop: EventLoop
    private let lookup: Lookup
    private let pool = BlockingPool(threads: Limits.threads, limit: Limits.waiting)
    /// Who waits for which name.
    private var waiting: [String: [([String]) -> Void]] = [:]

    package init(_ loop: EventLoop, lookup: @escaping Lookup = HostNames.system) {
        (self.loop, self.lookup) = (loop, lookup)
    }

    /// Tells the numeric addresses of a host, those of IPv4 first; none where it is unknown. It is
    /// told in the loop's turn, unless this object is gone by then.
    package func find(_ name: String, _ found: @escaping ([String]) -> Void) {
        waiting[name, default: []].append(found)
        guard waiting[name]?.count == 1 else { return }
        // SAFETY: it is called by the loop's thread alone, to which all of this belongs; elsewhere
        // it is only carried.
        nonisolated(unsafe) let answer: ([String]) -> Void = { [weak self] addresses in
            for found in self?.waiting.removeValue(forKey: name) ?? [] { found(addresses) }
        }
        let (loop, lookup) = (loop, lookup)
        let isQueued = pool.submit {
            let addresses = lookup(name)
            loop.submit { unsafe answer(addresses) }
        }
        if !isQueued { loop.submit { unsafe answer([]) } }
    }

    /// Whether it is an address as it stands, and needs no looking up.
    package static func isNumeric(_ host: String) -> Bool {
        var room = in6_addr()
        let bare = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
        for family in [AF_INET, AF_INET6] {
            if unsafe inet_pton(family, bare, &room) == 1 { return true }
        }
        return false
    }

    /// What the files and the name servers of this machine say.
    package static let system: Lookup = { name in
        var hints = unsafe addrinfo()
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var first: UnsafeMutablePointer<addrinfo>?
        guard unsafe getaddrinfo(name, nil, &hints, &first) == 0 else { return [] }
        defer { unsafe freeaddrinfo(first) }
        var addresses: [String] = []
        var entry = unsafe first
        while let each = unsafe entry {
            if let text = unsafe text(of: each) { addresses.append(text) }
            unsafe entry = each.pointee.ai_next
        }
        return addresses.filter { !$0.contains(":") } + addresses.filter { $0.contains(":") }
    }

    private static func text(of entry: UnsafeMutablePointer<addrinfo>) -> String? {
        var room = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        let code = unsafe getnameinfo(
            entry.pointee.ai_addr, entry.pointee.ai_addrlen, &room, socklen_t(room.count), nil, 0,
            NI_NUMERICHOST)
        guard code == 0 else { return nil }
        return String(
            decoding: room.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
