package import Telemetry

/// URLs made from others: where a server sends on, and what is added to a query (RFC 3986).
extension WebURL {
    /// The place that a reference on a page of this one names.
    package func resolving(_ reference: String) throws(Fault) -> WebURL {
        let scheme = reference.prefix { $0.isLetter || $0.isNumber || "+-.".contains($0) }
        if !scheme.isEmpty, reference.dropFirst(scheme.count).hasPrefix(":") {
            return try WebURL(reference)
        }
        if reference.hasPrefix("//") {
            return try WebURL("\(self.scheme.rawValue):\(reference)")
        }
        if reference.hasPrefix("/") { return try WebURL(origin + Self.withoutDots(reference)) }
        if reference.hasPrefix("?") { return try WebURL(origin + path + reference) }
        if reference.isEmpty || reference.hasPrefix("#") { return self }
        let folder = path[...(path.lastIndex(of: "/") ?? path.startIndex)]
        return try WebURL(origin + Self.withoutDots(folder + reference))
    }

    /// Adds a member to the query, both encoded.
    package mutating func append(_ name: String, _ value: String) {
        append(raw: "\(Percent.encode(name))=\(Percent.encode(value))")
    }

    /// Adds what is encoded already.
    package mutating func append(raw part: String) {
        query = query.map { $0.isEmpty ? part : "\($0)&\(part)" } ?? part
    }

    /// Takes `.` and `..` out of a path; what follows `?` or `#` stays as it is.
    private static func withoutDots(_ reference: some StringProtocol) -> String {
        let end = reference.firstIndex { "?#".contains($0) } ?? reference.endIndex
        var kept: [Substring] = []
        let segments = String(reference[..<end]).split(
            separator: "/", omittingEmptySubsequences: false
        ).dropFirst()
        for (position, segment) in segments.enumerated() {
            let isLast = position == segments.count - 1
            switch segment {
            case ".": if isLast { kept.append("") }
            case "..":
                _ = kept.popLast()
                if isLast { kept.append("") }
            default: kept.append(segment)
            }
        }
        return "/" + kept.joined(separator: "/") + String(reference[end...])
    }
}
