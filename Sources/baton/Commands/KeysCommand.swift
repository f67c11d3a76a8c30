import Bus
import Document
import Telemetry

/// `baton keys init`: the keys of a cluster, made once. Secrets are never printed.
enum KeysCommand {
    static let command = Command(
        "keys", "Makes the keys of a cluster",
        examples: [Example("baton keys init", "Keys for the cluster of this folder")],
        subcommands: [start])

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
                Exit.cannotCreate, "There are keys already; they are not replaced.", at: path)
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
}
