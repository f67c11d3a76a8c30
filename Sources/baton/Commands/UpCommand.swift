import Bus
import Document
import Glibc
import Reactor
import Store
import Telemetry
import WorkerKit

/// `baton up`: starts a cluster in a folder and keeps it up, in the foreground or detached.
enum UpCommand {
    private static let file = Argument(
        "FILE", .file, "The system file; without it baton.yaml, or one toolbox worker", .optional)
    private static let orchestrators = Option(
        "orchestrators", short: "n", .number(SystemFile.Limits.orchestrators), "N",
        "How many orchestrators; without it what the file says, or 1")
    private static let detach = Option.flag(
        "detach", short: "d", "Returns as soon as everything is ready; baton down stops it")
    private static let store = Option(
        "store", .text, "STORE",
        "Where requests are kept: private (a Redis of its own), memory, unix:/PATH, "
            + "redis://HOST:PORT or sentinel://HOST:PORT,…/MASTER; without it what the file says, "
            + "or private",
        variable: "BATON_STORE")
    private static let profile = Option(
        "profile", .choice(StoreSettings.Profile.allCases.map(\.rawValue)), "PROFILE",
        "What accepted means: dev in Redis, single on its disk, ha in a replica too; without it "
            + "what the file says, or dev")
    private static let workersCome = Duration.seconds(2)
    private static let supervise = Option.flag(
        "supervise", "What --detach starts in the background", hidden: true)

    static let command = Command(
        "up", "Starts a cluster in this folder and keeps it up",
        discussion: """
            Starts a private Redis, the orchestrators and the workers named in FILE, restarts \
            what ends, and shows their logs. Ctrl-C drains and stops everything; a second Ctrl-C \
            stops it at once. Whatever it keeps lies in .baton/ of the folder, accepted requests \
            in .baton/redis/. The profile ha starts a master with two replicas and three \
            Sentinels instead, on ports of the loopback and with a password of their own, in \
            .baton/redis-1/ to .baton/sentinel-3/; what another profile has kept stays where it \
            is.

              workers:
                - name: toolbox
                  command: [baton-toolbox]   # found beside baton first, then on PATH
                  count: 2
            """,
        examples: [
            Example("baton up", "An orchestrator and the toolbox worker"),
            Example("baton up system.yaml -n 3 --detach", "Three orchestrators, in the background"),
            Example("baton up --profile single", "Accepted means on the disk, at some cost"),
            Example("baton up --profile ha", "Accepted means in a replica, too; any node may go"),
            Example("baton up --store memory", "Without Redis; what is accepted may be lost"),
            Example("baton up --json > all.log", "The logs of all processes as lines of JSON"),
        ],
        arguments: [file], options: [orchestrators, store, profile, detach, supervise]
    ) { invocation in
        if invocation.flag(supervise) { return try await superviseDetached(invocation) }
        if invocation.flag(detach) { return try await startDetached(invocation) }
        let style: Screen.Style = invocation.wantsJSON ? .raw : .people
        try await run(invocation, style: style, Supervisor.Herald(ready: welcome))
        return .ok
    }

    static func folder(_ invocation: Invocation) -> ClusterFolder {
        let console = invocation.console
        let path = invocation.text(CommonOptions.directory).map(console.path) ?? console.folder
        return ClusterFolder(directory: File.absolute(path) ?? path)
    }

    // MARK: Running

    private static func run(
        _ invocation: Invocation, style: Screen.Style, _ herald: Supervisor.Herald
    ) async throws {
        let console = invocation.console
        let folder = folder(invocation)
        guard File.isFolder(folder.directory) else {
            throw Fault(Exit.noInput, "is no folder.", at: folder.directory)
        }
        let system = try systemFile(invocation, folder)
        try folder.prepare(variables: console.variables)
        try await Lock.holding(folder.lockFile) {
            try await endLeftovers(folder, console)
            let keys = KeyFolder(path: folder.keys)
            if !keys.exists { try keys.make() }
            var list = ChildList(folder: folder, system: system, variables: console.variables)
            let children = try await store(&list, invocation) + children(list, invocation)
            let supervisor = try Supervisor(
                children, store: list.place, folder: folder, output: console.output,
                style: style, on: console.loop, herald: herald)
            // One outside of .baton goes with the cluster; it is kept if anything is left in it.
            let sockets = folder.sockets(variables: console.variables)
            defer { if sockets != folder.root { unsafe rmdir(sockets) } }
            try await supervisor.run()
        }
    }

    private static func systemFile(
        _ invocation: Invocation, _ folder: ClusterFolder
    ) throws -> SystemFile {
        let standard = "\(folder.directory)/\(SystemFile.name)"
        var system = SystemFile.standard
        if let asked = invocation.text(file) {
            system = try SystemFile.read(invocation.console.path(asked))
        } else if File.exists(standard) {
            system = try SystemFile.read(standard)
        }
        try system.findWorkflows(beside: system.path ?? standard)
        if let count = invocation.number(orchestrators) { system.orchestrators = count }
        try system.store.choose(
            store: invocation.text(store), profile: invocation.text(profile))
        return system
    }

    /// The private Redis, unless another one or none is wanted.
    private static func store(
        _ list: inout ChildList, _ invocation: Invocation
    ) async throws -> [ChildSpecification] {
        guard list.system.store.place == .own else { return [] }
        let console = invocation.console
        let search = SearchPath(variables: console.variables, program: console.program)
        let program = try await RedisProgram.find(search, on: console.loop)
        if list.system.store.profile == .ha {
            let group = try RedisGroup.open(in: list.folder)
            list.group = group
            return list.stores(program: program, group)
        }
        try File.makeFolder(list.folder.redis)
        let store = list.store(program: program)
        if case .socket(let socket)? = store.place, RedisProbe.isHeld(socket) {
            throw Fault(
                Exit.unavailable,
                "A Redis runs here already, and two would spoil each other's files; find it with "
                    + "ss -xlp, end it with kill.", at: socket)
        }
        return [store]
    }

    private static func children(
        _ list: ChildList, _ invocation: Invocation
    ) throws -> [ChildSpecification] {
        let (system, folder) = (list.system, list.folder)
        let console = invocation.console
        let search = SearchPath(variables: console.variables, program: console.program)
        func resolve(_ name: String) throws(Fault) -> String {
            if let path = search.find(name, from: folder.directory) { return path }
            throw Fault(
                Exit.configuration,
                "The program \(Printable.quoted(name)) was found neither beside baton nor on PATH.",
                at: system.path)
        }
        let daemon = try resolve("batond")
        let ports = try Ports.bases(system.orchestrators)
        return list.orchestrators(program: daemon, ports: ports)
            + (try list.workers(resolve: resolve))
    }

    /// What a supervisor that was killed left running would fight with us for ports and sockets.
    private static func endLeftovers(_ folder: ClusterFolder, _ console: Console) async throws {
        guard File.exists(folder.clusterFile),
            let file = try? ClusterFile.read(folder.clusterFile)
        else { return }
        try await Leftovers.end(file, on: console.loop)
    }

    private static func welcome(_ file: ClusterFile) -> [Text] {
        // Nobody is told to call an agent that is not there.
        let hasToolbox = file.workers.contains { $0.name.hasPrefix("toolbox.") }
        let next = hasToolbox ? "baton call echo '{\"hello\": \"world\"}'" : "baton agents"
        return [
            "\(Text("Ready.", .green)) \(Count.of(file.orchestrators.count, "orchestrator")), "
                + "\(Count.of(file.workers.count, "worker process", "worker processes"))."
        ] + (file.store.map { ["Store: \($0.title); \($0.promise)."] } ?? []) + [
            "In another terminal:",
            "  \(Text("baton status", .cyan))",
            "  \(Text(next, .cyan))",
            "",
        ]
    }

    // MARK: Detached

    /// In the background: a line on standard output says how the start went, after one that says
    /// why it takes so long; then nothing is written there any more.
    private static func superviseDetached(_ invocation: Invocation) async throws -> Exit {
        let output = invocation.console.output
        do {
            // Whoever waited for a line may have left; the cluster stays.
            @Sendable func say(_ line: Value) -> [Text] {
                try? output.json(line)
                return []
            }
            let herald = Supervisor.Herald(
                ready: { _ in say(["ready": true]) }, waits: { say(["waits": .string($0)]) })
            try await run(invocation, style: .silent, herald)
            return .ok
        } catch let fault as Fault {
            try? output.json([
                "ready": false, "code": .string(fault.code.rawValue),
                "message": .string(Complaint.sentence(fault)),
            ])
            throw fault
        }
    }

    /// Whoever starts a cluster wants to call its agents next: workers that were started are given
    /// a moment to register. Not all processes ever do.
    private static func missingWorkers(
        _ folder: ClusterFolder, _ file: ClusterFile, on loop: EventLoop
    ) async -> Int {
        let wanted = file.workers.count
        let end = loop.now + workersCome
        guard wanted > 0, let plan = try? ClusterAddress.folder(folder, file).plans().first?.plan
        else { return 0 }
        let missing = try? await Contact.with(plan, on: loop, within: workersCome) { client in
            while true {
                let there = try await client.ask("orchestrators")["workers"]?.integer ?? 0
                if there >= wanted || loop.now >= end { return max(0, wanted - there) }
                try await loop.sleep(for: .milliseconds(20))
            }
        }
        return missing ?? 0
    }

    private static func startDetached(_ invocation: Invocation) async throws -> Exit {
        let console = invocation.console
        let folder = folder(invocation)
        try folder.prepare(variables: console.variables)
        var words = [console.program, "up", "--supervise", "--dir", folder.directory]
        if let count = invocation.number(orchestrators) {
            words += ["--orchestrators", "\(count)"]
        }
        if let word = invocation.text(profile) { words += ["--profile", word] }
        if let path = invocation.text(file) { words += ["--", console.path(path)] }
        var variables = console.variables
        // Not a word of the command: it may hold a password.
        variables["BATON_STORE"] = invocation.text(store)
        let process = try ChildProcess(
            Reactor.Command(
                words, environment: variables, directory: folder.directory,
                output: .pipe, error: .file(folder.log(of: "supervisor"))),
            on: console.loop)
        try await DetachedStart.wait(
            for: process, on: console.loop, log: folder.log(of: "supervisor")
        ) { words in
            if !invocation.wantsJSON { try? console.errors.line(Text(words, .yellow)) }
        }
        let file = try ClusterFile.read(folder.clusterFile)
        let missing = await missingWorkers(folder, file, on: console.loop)
        if invocation.wantsJSON {
            try console.output.json(["ready": true, "supervisor": .init(Int(file.supervisor.pid))])
        } else {
            try console.output.lines(welcome(file))
            try console.output.line("Stop everything with \(Text("baton down", .cyan)).")
            if missing > 0 {
                let count = Count.of(missing, "worker has", "workers have")
                try console.errors.line(
                    "\("Note:", .yellow) \(count) not come yet; see why with: baton logs")
            }
            // One that somebody else runs may be away; the cluster waits for it.
            if let line = await StoreAnswer.asked(.folder(folder, file), console)?.line {
                try console.errors.line(line)
            }
        }
        return .ok
    }
}
