package import Telemetry

/// A place on the web, taken apart once and put together again from its parts, so that nobody reads
/// it otherwise later on. What different programs read differently is refused: short and odd forms
/// of addresses, credentials, backslashes, control characters.
package struct WebURL: Hashable, Sendable, CustomStringConvertible {
    package enum Scheme: String, Sendable {
        case http, https

        var port: Int { self == .http ? 80 : 443 }
    }

    private enum Limits {
        static let bytes = 8192
        static let host = 253
    }

    package let scheme: Scheme
    /// In small letters, without the brackets of an address and without a dot at its end.
    package let host: String
    /// The address, where the host is one.
    package let address: WebAddress?
    package let port: Int
    /// Begins with a slash.
    package var path: String
    package var query: String?

    package init(_ text: String) throws(Fault) {
        guard text.utf8.count <= Limits.bytes else {
            throw Self.invalid("a URL has at most \(Limits.bytes) bytes")
        }
        let text = try Self.cleaned(text)
        guard let colon = text.firstIndex(of: ":"), !text[..<colon].isEmpty,
            text[..<colon].allSatisfy({ $0.isLetter || $0.isNumber || "+-.".contains($0) })
        else { throw Self.invalid("it begins with http:// or https://") }
        let name = text[..<colon].lowercased()
        guard let scheme = Scheme(rawValue: name) else {
            throw Fault(WebCode.refused, "only http and https are asked, not \(name)")
        }
        let rest = text[text.index(after: colon)...]
        guard rest.hasPrefix("//") else {
            throw Self.invalid("two slashes stand behind \(name):")
        }
        let hierarchy = rest.dropFirst(2)
        let end = hierarchy.firstIndex { "/?".contains($0) } ?? hierarchy.endIndex
        let place = try Self.place(hierarchy[..<end])
        (host, address) = (place.host, place.address)
        (self.scheme, port) = (scheme, place.port ?? scheme.port)
        let tail = hierarchy[end...]
        let mark = tail.firstIndex(of: "?")
        let path = String(tail[..<(mark ?? tail.endIndex)])
        self.path = path.isEmpty ? "/" : path
        query = mark.map { String(tail[tail.index(after: $0)...]) }
    }

    /// Encodes what is no part of a URL as it stands, and cuts off what the server is not told.
    private static func cleaned(_ text: String) throws(Fault) -> Substring {
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case 0..<0x20, 0x7f: throw invalid("a control character stands in it")
            case UInt8(ascii: "\\"): throw invalid("a backslash stands in it")
            case 0x80..., 0x20, 0x22, 0x3c, 0x3e, 0x5e, 0x60, 0x7b, 0x7c, 0x7d:
                bytes += Percent.encode(byte)
            default: bytes.append(byte)
            }
        }
        let clean = String(decoding: bytes, as: UTF8.self)
        return clean[..<(clean.firstIndex(of: "#") ?? clean.endIndex)]
    }

    private typealias Place = (host: String, address: WebAddress?, port: Int?)

    private static func place(_ authority: Substring) throws(Fault) -> Place {
        guard !authority.contains("@") else {
            throw Fault(
                WebCode.refused, "no user name and password in a URL; give them as authentication")
        }
        let closing = authority.firstIndex(of: "]")
        let colon = authority.lastIndex(of: ":").flatMap { colon in
            closing.map { colon > $0 } ?? true ? colon : nil
        }
        let name = authority[..<(colon ?? authority.endIndex)]
        var port: Int?
        if let colon {
            let digits = authority[authority.index(after: colon)...]
            guard digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), digits.count <= 5,
                let number = Int(digits), (1...65_535).contains(number)
            else { throw invalid("a port is a number from 1 to 65535") }
            port = number
        }
        let (host, address) = try Self.host(name)
        return (host, address, port)
    }

    private static func host(_ name: Substring) throws(Fault) -> (String, WebAddress?) {
        if name.hasPrefix("[") {
            guard name.hasSuffix("]"), name.contains(":"),
                let address = WebAddress(String(name.dropFirst().dropLast()))
            else { throw invalid("what stands in brackets is an address of IPv6") }
            return (address.description, address)
        }
        var host = name.lowercased()
        if host.hasSuffix(".") { host.removeLast() }
        if let address = WebAddress(host), address.isVersion4 {
            return (address.description, address)
        }
        guard isName(host) else {
            throw invalid(
                "a host is made of letters, digits, '-' and '.'; write others as xn--…")
        }
        guard !isNumber(host) else {
            throw Fault(
                WebCode.refused,
                "\(host) is an odd form of an address; write four numbers with dots"
            )
        }
        return (host, nil)
    }

    /// Whether it can be a host's name.
    static func isName(_ host: String) -> Bool {
        guard !host.isEmpty, host.utf8.count <= Limits.host else { return false }
        let labels = host.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return labels.allSatisfy { label in
            !label.isEmpty && label.count <= 63
                && label.allSatisfy { byte in
                    (0x61...0x7a).contains(byte) || (0x30...0x39).contains(byte) || byte == 0x2d
                        || byte == 0x5f
                }
        }
    }

    /// Whether some program takes it for an address: its last part is a number.
    private static func isNumber(_ host: String) -> Bool {
        let last = host.split(separator: ".").last ?? ""
        if last.hasPrefix("0x") { return last.dropFirst(2).allSatisfy(\.isHexDigit) }
        return last.allSatisfy(\.isNumber)
    }

    static func invalid(_ message: String) -> Fault {
        Fault(WebCode.invalid, "this is no URL that can be asked: \(message)")
    }

    // MARK: - What it is made of

    /// The host, and the port where it is not that of the scheme.
    package var authority: String {
        let name = address?.literal ?? host
        return port == scheme.port ? name : "\(name):\(port)"
    }

    /// What decides whether two places are one and the same server.
    package var origin: String { "\(scheme.rawValue)://\(authority)" }

    package var description: String { origin + path + (query.map { "?\($0)" } ?? "") }

    /// The URL without what may hold a secret, for messages and logs.
    package var shown: String { origin + path }
}
