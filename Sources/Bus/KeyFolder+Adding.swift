import Document
import Glibc
package import Telemetry
import Wire

/// Adding to a folder of keys that is in use: one more pair, and its line on the list. Nothing that
/// is there is changed, and neither file is left without the other.
extension KeyFolder {
    /// Makes a key pair for somebody and puts them on the list. Refuses a name that is there.
    package func add(_ identity: Identity) throws(Fault) -> KeyPair {
        let server = try pair(Self.serverName)
        let list = try Files.read(allowList, limit: Self.longestList)
        let pair = try KeyPair.make(name: identity.name, server: server.public)
        guard try !identities(in: list).values.contains(where: { $0.name == identity.name }) else {
            throw Fault(
                BusCode.keyFile, "the name \(identity.name) is on the list already", at: allowList)
        }
        let gap = list.isEmpty || list.last == UInt8(ascii: "\n") ? "" : "\n"
        let entry = gap + Self.entry(of: identity, key: pair.public)
        // A list that batond would refuse is not written.
        let after = try withOwn(try identities(in: list + Array(entry.utf8)))
        guard after[pair.public] == identity else {
            throw Fault(
                BusCode.keyFile, "an entry cannot be added; write the list as it was made",
                at: allowList)
        }
        try write(pair)
        do throws(Fault) {
            try append(entry)
        } catch {
            unsafe unlink(file(of: pair.name))
            throw error
        }
        return pair
    }

    static func entry(of identity: Identity, key: String) -> String {
        var lines = [
            "\(identity.name):", "  key: \"\(key)\"", "  role: \(identity.role.rawValue)",
        ]
        if let agents = identity.agents {
            lines.append("  agents: [\(agents.map { "\"\($0)\"" }.joined(separator: ", "))]")
        }
        if identity.tenant != "default" { lines.append("  tenant: \"\(identity.tenant)\"") }
        return lines.joined(separator: "\n") + "\n"
    }

    private func append(_ entry: String) throws(Fault) {
        let descriptor = unsafe open(allowList, O_WRONLY | O_APPEND | O_CLOEXEC)
        guard descriptor >= 0 else { throw Fault(BusCode.keyFile, Self.reason, at: allowList) }
        defer { close(descriptor) }
        try Self.write(entry, descriptor, allowList)
    }
}
