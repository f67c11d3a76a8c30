package import Telemetry

/// How a request names a workflow: `workflow/NAME` or `workflow/NAMESPACE/NAME`, with `:VERSION`
/// behind it where it must be that very one.
package struct WorkflowAddress: Hashable, Sendable, CustomStringConvertible {
    package var namespace: String?
    package var name: String
    package var version: String?
    /// Names the very text; only orchestrators say it, of what has begun.
    package var digest: String?

    package static let prefix = "workflow/"

    package init(
        namespace: String? = nil, name: String, version: String? = nil, digest: String? = nil
    ) {
        self.digest = digest
        self.namespace = namespace
        self.name = name
        self.version = version
    }

    /// What stands in a receiver; nothing if it names no workflow.
    package init?(receiver: String) throws(Fault) {
        guard receiver.hasPrefix(Self.prefix) else { return nil }
        try self.init(receiver.dropFirst(Self.prefix.count))
    }

    /// What people write: the same without `workflow/`.
    package init(_ text: some StringProtocol) throws(Fault) {
        let marked = text.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
        let halves = marked[0].split(
            separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let names = halves[0].split(separator: "/", omittingEmptySubsequences: false)
        guard (1...2).contains(names.count), names.allSatisfy({ Name.isValid($0) }),
            halves.count == 1 || Self.isVersion(halves[1]),
            marked.count == 1 || Self.isDigest(marked[1])
        else {
            throw Fault(
                WireCode.invalid,
                "a workflow is NAME, NAMESPACE/NAME or either with :VERSION, such as triage:1.2.0")
        }
        self.init(
            namespace: names.count == 2 ? String(names[0]) : nil, name: String(names.last ?? ""),
            version: halves.count == 2 ? String(halves[1]) : nil,
            digest: marked.count == 2 ? String(marked[1]) : nil)
    }

    package var description: String {
        (namespace.map { $0 + "/" } ?? "") + name + (version.map { ":" + $0 } ?? "")
            + (digest.map { "@" + $0 } ?? "")
    }

    /// As a receiver.
    package var receiver: String { Self.prefix + description }

    private static func isDigest(_ text: some StringProtocol) -> Bool {
        !text.isEmpty && text.utf8.count <= Name.limit
            && text.unicodeScalars.allSatisfy {
                $0.isASCII
                    && ($0.properties.isAlphabetic || "0123456789-_".unicodeScalars.contains($0))
            }
    }

    private static func isVersion(_ text: some StringProtocol) -> Bool {
        !text.isEmpty && text.utf8.count <= Name.limit
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"),
                    UInt8(ascii: "+"):
                    true
                default: false
                }
            }
    }
}
