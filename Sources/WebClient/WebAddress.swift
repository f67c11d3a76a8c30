import Glibc

/// An address of a machine, of IPv4 or IPv6. Of the two spellings that an address of IPv4 has among
/// those of IPv6 nothing is left: a mapped address is the address that it stands for.
package struct WebAddress: Hashable, Sendable, CustomStringConvertible {
    /// In the order of the network: four of them, or sixteen.
    package let bytes: [UInt8]

    package init?(bytes: [UInt8]) {
        switch bytes.count {
        case 4: self.bytes = bytes
        case 16:
            let isMapped = bytes[0..<10].allSatisfy { $0 == 0 } && bytes[10...11] == [255, 255]
            self.bytes = isMapped ? Array(bytes[12...]) : bytes
        default: return nil
        }
    }

    /// Reads the full form alone: `127.1`, `0x7f000001` and `2130706433` are no addresses here.
    package init?(_ text: String) {
        guard !text.utf8.contains(0) else { return nil }
        for (family, size) in [(AF_INET, 4), (AF_INET6, 16)] {
            var room = [UInt8](repeating: 0, count: size)
            if unsafe inet_pton(family, text, &room) == 1 {
                self.init(bytes: room)
                return
            }
        }
        return nil
    }

    package var isVersion4: Bool { bytes.count == 4 }

    /// Where the address leads.
    package var kind: Kind {
        if let inner = translated { return inner.kind }
        for (network, kind) in Self.special where network.contains(self) { return kind }
        guard isVersion4 else {
            // Of IPv6 one eighth is given out; the rest is nobody's.
            return bytes[0] & 0xe0 == 0x20 ? .public : .reserved
        }
        return .public
    }

    /// The address of IPv4 that a translator makes of one of IPv6.
    private var translated: WebAddress? {
        guard Self.translation?.contains(self) == true else { return nil }
        return WebAddress(bytes: Array(bytes[12...]))
    }

    package var description: String {
        var room = [CChar](repeating: 0, count: 64)
        let family = isVersion4 ? AF_INET : AF_INET6
        guard unsafe inet_ntop(family, bytes, &room, socklen_t(room.count)) != nil else {
            return "?"
        }
        let text = room.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        return String(decoding: text, as: UTF8.self)
    }

    /// As it stands in a URL.
    package var literal: String { isVersion4 ? description : "[\(description)]" }
}

extension WebAddress {
    /// What an address belongs to; all but the first stay closed unless an operator opens them.
    package enum Kind: String, Sendable {
        case `public`
        case `private`
        case loopback
        case linkLocal = "link-local"
        case metadata
        case multicast
        case reserved
        case tunnel
    }

    private static let translation = WebNetwork("64:ff9b::/96")

    /// The first one that fits counts.
    private static let special: [(WebNetwork, Kind)] = [
        // What clouds tell a machine about itself, with its keys.
        ("169.254.169.254/32", .metadata), ("169.254.170.2/32", .metadata),
        ("168.63.129.16/32", .metadata), ("100.100.100.200/32", .metadata),
        ("192.0.0.192/32", .metadata), ("fd00:ec2::254/128", .metadata),
        ("0.0.0.0/8", .reserved), ("10.0.0.0/8", .private), ("100.64.0.0/10", .private),
        ("127.0.0.0/8", .loopback), ("169.254.0.0/16", .linkLocal), ("172.16.0.0/12", .private),
        ("192.0.0.0/24", .reserved), ("192.0.2.0/24", .reserved), ("192.88.99.0/24", .tunnel),
        ("192.168.0.0/16", .private), ("198.18.0.0/15", .reserved),
        ("198.51.100.0/24", .reserved), ("203.0.113.0/24", .reserved),
        ("224.0.0.0/4", .multicast), ("240.0.0.0/4", .reserved),
        ("::1/128", .loopback), ("fc00::/7", .private), ("fe80::/10", .linkLocal),
        ("fec0::/10", .private), ("ff00::/8", .multicast), ("2001::/32", .tunnel),
        ("2001::/23", .reserved), ("2001:db8::/32", .reserved), ("2002::/16", .tunnel),
        ("3fff::/20", .reserved),
    ].compactMap { text, kind in WebNetwork(text).map { ($0, kind) } }
}
