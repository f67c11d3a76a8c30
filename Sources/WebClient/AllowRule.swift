package import Telemetry

/// What an operator opens on purpose: a host, an address or a network, and the ports that it is
/// opened at. Written `HOST`, `HOST:PORT`, `ADDRESS:PORT`, `NETWORK/BITS:PORT`; a port may be
/// `8000-8100` or `*`, and without one 80 and 443 are meant. An address of IPv6 with a port stands
/// in brackets.
package struct AllowRule: Hashable, Sendable {
    package enum Target: Hashable, Sendable {
        case host(String)
        case network(WebNetwork)
    }

    package let target: Target
    package let ports: [ClosedRange<Int>]

    package init(_ text: String) throws(Fault) {
        let text = text.lowercased()
        var (name, ports) = (text[...], [80...80, 443...443])
        if text.hasPrefix("["), let closing = text.firstIndex(of: "]") {
            let rest = text[text.index(after: closing)...]
            name = text[text.index(after: text.startIndex)..<closing]
            // `[fd00::]/8:443` is as good as `[fd00::/8]:443`.
            let colon = rest.firstIndex(of: ":") ?? rest.endIndex
            name += rest[..<colon]
            if colon < rest.endIndex {
                ports = try Self.ports(rest[rest.index(after: colon)...], text)
            }
        } else if let colon = text.lastIndex(of: ":"), text.firstIndex(of: ":") == colon {
            name = text[..<colon]
            ports = try Self.ports(text[text.index(after: colon)...], text)
        }
        self.ports = ports
        if let network = WebNetwork(String(name)) {
            target = .network(network)
        } else if WebURL.isName(String(name)), name.contains(where: \.isLetter) {
            target = .host(String(name))
        } else {
            throw Self.misspelt(text)
        }
    }

    private static func ports(
        _ text: Substring, _ whole: String
    ) throws(Fault) -> [ClosedRange<Int>] {
        if text == "*" { return [1...65_535] }
        let ends = text.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
        guard let first = ends[0], let last = ends[ends.count - 1], ends.count <= 2, first >= 1,
            last <= 65_535, first <= last
        else { throw misspelt(whole) }
        return [first...last]
    }

    private static func misspelt(_ text: String) -> Fault {
        Fault(
            WebCode.invalid,
            "'\(text)' opens nothing: write HOST, HOST:PORT, ADDRESS:PORT or NETWORK/BITS:PORT,"
                + " such as api.example.com, 127.0.0.1:8080 or 10.1.0.0/16:443")
    }

    func opens(_ port: Int) -> Bool { ports.contains { $0.contains(port) } }
}
