import Document
import Glibc
package import Telemetry
import Wire

/// The folder a cluster's keys lie in: one file a key pair, and the list of who is let in.
///
/// Secrets are written with mode 0600 and refused when anybody else could read them.
package struct KeyFolder: Sendable {
    package let path: String

    package init(path: String) { self.path = path }

    package static let serverName = "server"
    static let longestList = 256 << 10

    /// The roles a fresh folder has a key for.
    package static let firstRoles: [Identity.Role] = [.worker, .client, .operator]

    package func file(of name: String) -> String { "\(path)/\(name).json" }
    package var allowList: String { "\(path)/allow.yaml" }

    package var exists: Bool { unsafe access(file(of: Self.serverName), F_OK) == 0 }

    /// The key pair of that name.
    package func pair(_ name: String) throws(Fault) -> KeyPair {
        try Self.read(file(of: name))
    }

    /// A key pair from a file, which nobody else may be able to read.
    package static func read(_ path: String) throws(Fault) -> KeyPair {
        let text = try Secret(.file(path), environment: [:], limit: 4096).reveal()
        let pair: KeyPair = try JSON.decode(from: Array(text.utf8), source: path)
        guard [pair.public, pair.secret, pair.server ?? pair.public].allSatisfy(KeyPair.isKey)
        else {
            throw Fault(BusCode.keyFile, "a key has 40 characters of Z85", at: path)
        }
        return pair
    }

    /// Makes a server's key and one for each role, and the list that lets them in. Refuses to
    /// replace keys.
    package func make() throws(Fault) {
        guard !exists else {
            throw Fault(
                BusCode.keyFile, "there are keys already: delete the folder first", at: path)
        }
        try makeFolder()
        let server = try KeyPair.make(name: Self.serverName)
        try write(server)
        var list = "# Who may connect: the public key, and what it may do.\n"
        for role in Self.firstRoles {
            let pair = try KeyPair.make(name: role.rawValue, server: server.public)
            try write(pair)
            list += Self.entry(of: Identity(name: pair.name, role: role), key: pair.public)
        }
        try Self.write(list, to: allowList)
    }

    /// Who is let in, by public key.
    package func allowed() throws(Fault) -> [String: Identity] {
        try identities(in: try Files.read(allowList, limit: Self.longestList))
    }

    func identities(in list: [UInt8]) throws(Fault) -> [String: Identity] {
        let root = try YAML.parse(list, source: allowList)
        var identities: [String: Identity] = [:]
        guard !root.isNull else { return identities }
        for (name, node) in try root.entries() {
            guard name.allSatisfy({ $0 != "." }), Identity.local.name != name,
                Identity.anonymous.name != name
            else {
                throw node.fault(BusCode.keyFile, "a key's name has no dot, and is not reserved")
            }
            guard Name.isValid(name) else {
                throw node.fault(BusCode.keyFile, "a key's name is made of a-z, 0-9, '_' and '-'")
            }
            let (key, identity) = try Self.identity(name, node)
            guard identities.updateValue(identity, forKey: key) == nil else {
                throw node.fault(BusCode.keyFile, "this key is listed twice")
            }
        }
        return identities
    }

    /// Who is let in: those on the list, and orchestrators that share the server's key.
    package func admitted() throws(Fault) -> [String: Identity] {
        try withOwn(try allowed())
    }

    func withOwn(_ allowed: [String: Identity]) throws(Fault) -> [String: Identity] {
        var admitted = allowed
        let own = try pair(Self.serverName)
        guard admitted[own.public] == nil else { return admitted }
        guard !admitted.values.contains(where: { $0.name == own.name }) else {
            throw Fault(
                BusCode.keyFile, "the name \(own.name) belongs to the server's own key",
                at: allowList)
        }
        admitted[own.public] = Identity(name: own.name, role: .orchestrator)
        return admitted
    }

    private static func identity(
        _ name: String, _ node: Node
    ) throws(Fault) -> (String, Identity) {
        let entry = try node.mapping(knownKeys: ["key", "role", "agents", "tenant"])
        let key = try entry.required("key").string()
        guard KeyPair.isKey(key) else {
            throw node.fault(BusCode.keyFile, "a public key has 40 characters of Z85")
        }
        let roleNode = try entry.required("role")
        guard let role = Identity.Role(rawValue: try roleNode.string()) else {
            let roles = Identity.Role.allCases.map(\.rawValue).joined(separator: ", ")
            throw roleNode.fault(BusCode.keyFile, "a role is one of \(roles)")
        }
        var agents: [String]?
        if let list = try entry["agents"]?.list() {
            agents = []
            for item in list { agents?.append(try item.string()) }
        }
        let tenant = try entry["tenant"]?.string() ?? "default"
        guard Name.isValid(tenant) else {
            throw node.fault(
                BusCode.keyFile, "a tenant's name is made of a-z, 0-9, '.', '_' and '-'")
        }
        return (key, Identity(name: name, role: role, agents: agents, tenant: tenant))
    }

    // MARK: - Files

    private func makeFolder() throws(Fault) {
        guard unsafe mkdir(path, 0o700) == 0 || errno == EEXIST else {
            throw Fault(BusCode.keyFile, Self.reason, at: path)
        }
    }

    func write(_ pair: KeyPair) throws(Fault) {
        let text = String(decoding: try JSON.encode(pair), as: UTF8.self)
        try Self.write(text + "\n", to: file(of: pair.name))
    }

    private static func write(_ text: String, to path: String) throws(Fault) {
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Fault(BusCode.keyFile, reason, at: path) }
        defer { Glibc.close(descriptor) }
        try write(text, descriptor, path)
    }

    static func write(_ text: String, _ descriptor: Int32, _ path: String) throws(Fault) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes {
                unsafe Glibc.write(descriptor, $0.baseAddress, $0.count)
            }
            guard count > 0 || errno == EINTR else {
                throw Fault(BusCode.keyFile, reason, at: path)
            }
            rest = rest.dropFirst(max(0, count))
        }
    }

    static var reason: String { unsafe String(cString: strerror(errno)) }
}
