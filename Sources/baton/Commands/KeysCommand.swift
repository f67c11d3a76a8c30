import Bus
import Document
import Glibc
import Telemetry
import Wire

/// `baton keys`: the keys of a cluster, made once, and one more for whoever comes later. Secrets
/// are never printed.
enum KeysCommand {
    static let command = Command(
        "keys", "Makes the keys of a cluster",
        examples: [
            Example("baton keys init", "Keys for the cluster of this folder"),
            Example("baton keys add shop --role client", "One more, for the host that calls"),
        ],
        subcommands: [start, add])

    private static let output = Option(
        "out", short: "o", .directory, "FOLDER",
        "Where they go; without it .baton/keys of the project")

    private static let start = Command(
        "init", "Makes the server's key, one key a role, and the list of who is let in",
        discussion: """
            baton up does this by itself. Make them by hand for orchestrators on other machines: \
            batond --keys FOLDER there, and for those who connect a copy of worker.json, \
            client.json or operator.json, which also says whom to trust. Keys that are there are \
            never replaced.

              BATON_BUS=tcp://10.0.0.1:7400     where batond listens
              BATON_KEY=worker.json             one's own, of mode 0600
            """,
        examples: [
            Example("baton keys init", "In .baton/keys"),
            Example("baton keys init --out /etc/baton/keys", "Elsewhere"),
        ],
        options: [output]
    ) { invocation in
        let console = invocation.console
        let project = UpCommand.folder(invocation)
        let path = invocation.text(output).map(console.path) ?? project.keys
        let keys = KeyFolder(path: path)
        guard !keys.exists else {
            throw Fault(
                Exit.cannotCreate,
                "There are keys already, and they are not replaced; "
                    + "one more is made by: baton keys add",
                at: path)
        }
        try File.makeFolder(path == project.keys ? project.root : File.parent(of: path))
        try keys.make()
        let server = try keys.pair(KeyFolder.serverName)
        if invocation.wantsJSON {
            try console.output.json([
                "folder": .string(path), "server_key": .string(server.public),
            ])
        } else {
            try console.output.line("\("wrote", .green) \(path)")
            try console.output.line("The server's public key is \(server.public)")
            try console.output.line(
                "To those who connect belongs one of worker.json, client.json and operator.json; "
                    + "server.json stays here.")
        }
        return .ok
    }

    // MARK: - One more

    private static let name = Argument(
        "NAME", .name, "What it goes by: a host, a team or a program, without a dot")
    private static let role = Option(
        "role", .choice(KeyFolder.firstRoles.map(\.rawValue)), "ROLE",
        "worker serves agents, client calls them, operator also decides and listens to the tap")
    private static let agents = Option(
        "agents", .text, "LIST",
        "The agents a worker may serve, with commas between them; cost-* is all that begin so")
    private static let tenant = Option(
        "tenant", .name, "NAME", "Whose requests it makes and sees; without it default")
    private static let folder = Option(
        "keys", .directory, "FOLDER", "Where the keys lie; without it .baton/keys of the project")

    private static let add = Command(
        "add", "Makes one more key and puts it on the list of who is let in",
        discussion: """
            Each host, team or program may have a key of its own, so that it can be taken off the \
            list alone: delete its entry in allow.yaml. batond reads the list when it starts and \
            on SIGHUP; that of a cluster here is told by itself. Connections that were let in stay \
            until they end.
            """,
        examples: [
            Example("baton keys add gpu-1 --role worker --agents draw", "A host that serves draw"),
            Example("baton keys add shop --role client --keys keys", "In the folder of batond"),
        ],
        arguments: [name], options: [role, agents, tenant, folder]
    ) { invocation in
        let project = UpCommand.folder(invocation)
        let path = invocation.text(folder).map(invocation.console.path) ?? project.keys
        let identity = try identity(invocation)
        let keys = KeyFolder(path: path)
        guard keys.exists else {
            throw Fault(
                Exit.noInput, "has no keys yet; make them with: baton keys init", at: path)
        }
        _ = try keys.add(identity)
        let told = path == project.keys ? tell(project) : 0
        try show(identity, keys.file(of: identity.name), told, invocation)
        return .ok
    }

    private static func identity(_ invocation: Invocation) throws -> Identity {
        guard let word = invocation.text(role), let role = Identity.Role(rawValue: word) else {
            let roles = KeyFolder.firstRoles.map(\.rawValue).joined(separator: ", ")
            throw Fault(Exit.usage, "keys add needs --role: one of \(roles).")
        }
        let list = invocation.text(agents)?.split(
            separator: ",", omittingEmptySubsequences: false
        ).map(String.init)
        guard list == nil || role == .worker else {
            throw Fault(Exit.usage, "--agents is for keys of the role worker.")
        }
        for pattern in list ?? [] {
            let name = pattern.hasSuffix("*") ? String(pattern.dropLast()) : pattern
            guard Name.isValid(name) || pattern == "*" else {
                throw Fault(
                    Exit.usage, "--agents takes names with commas between them: upper,cost-*")
            }
        }
        return Identity(
            name: try invocation.required(name), role: role, agents: list,
            tenant: invocation.text(tenant) ?? "default")
    }

    /// The orchestrators of a cluster here read their list again. How many there are.
    private static func tell(_ project: ClusterFolder) -> Int {
        guard let file = try? ClusterFile.read(project.clusterFile) else { return 0 }
        return file.orchestrators.count { $0.identity.send(SIGHUP) }
    }

    private static func show(
        _ identity: Identity, _ file: String, _ told: Int, _ invocation: Invocation
    ) throws {
        let output = invocation.console.output
        guard !invocation.wantsJSON else {
            return try output.json([
                "name": .string(identity.name), "role": .string(identity.role.rawValue),
                "file": .string(file), "orchestrators_told": .init(told),
            ])
        }
        let when =
            told > 0
            ? "from now on" : "once batond has read its list again: kill -HUP its process"
        try output.lines([
            "\("wrote", .green) \(file)",
            "\(identity.name, .bold) is let in as \(identity.role.rawValue) \(when)",
            "Take the file there, readable by its user alone; it also says whom to trust.",
        ])
    }
}
