import Bus
import Document
import Glibc
import Telemetry
import Testing
import WorkerKit

@testable import baton

@Suite struct ClusterTests {
    static let file = ClusterFile(
        supervisor: .own, started: 1,
        orchestrators: [
            .init(
                name: "o1", pid: 2, birth: 3, bus: "tcp://127.0.0.1:7400",
                broadcast: "tcp://127.0.0.1:7401", tap: "tcp://127.0.0.1:7402",
                socket: "ipc:///tmp/o1.sock", key: String(repeating: "k", count: 40))
        ],
        workers: [.init(name: "toolbox.1", pid: 4, birth: 5)])

    @Test("A cluster file is read as it was written, and only its user may read it")
    func roundTrip() throws {
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/cluster.json"
        try Self.file.write(path)
        #expect(try ClusterFile.read(path) == Self.file)
        var status = stat()
        #expect(unsafe stat(path, &status) == 0)
        #expect(status.st_mode & 0o777 == 0o600)
        #expect(try File.names(in: folder.path) == ["cluster.json"])
    }

    @Test(
        "B50 a damaged cluster file is exit 78, another version too",
        arguments: ["", "{", "[]", "{\"version\":1}", "null"])
    func damaged(text: String) throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("cluster.json", text)
        let fault = #expect(throws: Fault.self) { try ClusterFile.read(path) }
        #expect(fault?.has(Exit.configuration) == true)
    }

    @Test("A file of another version is refused by its number")
    func otherVersion() throws {
        let folder = try TemporaryFolder()
        var file = Self.file
        file.version = 2
        try file.write("\(folder.path)/cluster.json")
        let fault = #expect(throws: Fault.self) {
            try ClusterFile.read("\(folder.path)/cluster.json")
        }
        #expect(fault?.message.contains("version 2") == true)
    }

    @Test("The cluster is looked for by --dir, then BATON_BUS, then upwards")
    func order() throws {
        let folder = try TemporaryFolder()
        try File.makeFolders("\(folder.path)/.baton")
        try File.makeFolders("\(folder.path)/a/b")
        try Self.file.write("\(folder.path)/.baton/cluster.json")
        let here = ClusterAddress.folder(ClusterFolder(directory: folder.path), Self.file)
        let bus = ["BATON_BUS": "ipc:///x,tcp://h:1", "BATON_SERVER_KEY": "k"]
        let deep = "\(folder.path)/a/b"
        #expect(try ClusterAddress.find(directory: nil, variables: [:], folder: deep) == here)
        #expect(
            try ClusterAddress.find(directory: nil, variables: bus, folder: deep)
                == .bus(addresses: ["ipc:///x", "tcp://h:1"], serverKey: "k", keyFile: nil))
        #expect(
            try ClusterAddress.find(directory: folder.path, variables: bus, folder: "/") == here)
        let fault = #expect(throws: Fault.self) {
            try ClusterAddress.find(directory: deep, variables: [:], folder: deep)
        }
        #expect(fault?.has(Exit.unavailable) == true)
    }

    @Test("The file of a key says whose server's key is to be trusted, unless it is said otherwise")
    func serverOfKey() throws {
        let folder = try TemporaryFolder()
        let keys = KeyFolder(path: "\(folder.path)/keys")
        try keys.make()
        let other = try KeyPair.make(name: "other").public
        let said = [nil: try keys.pair("server").public, "": try keys.pair("server").public]
            .merging([other: other]) { first, _ in first }
        for (serverKey, expected) in said {
            let address = ClusterAddress.bus(
                addresses: ["tcp://h:1"], serverKey: serverKey, keyFile: keys.file(of: "client"))
            #expect(try address.plan().endpoints.map(\.serverKey) == [expected])
        }
    }

    @Test(
        "B51 addresses that are none are refused",
        arguments: [
            "http://x:1", "tcp://x", "tcp://:1", "tcp://x:0", "tcp://x:65536", "tcp://x:-1",
            "tcp://x:80a", "tcp://x\n:1", "ipc://", "ipc://a b", ",", "tcp://x:1,", "tcp:",
            "ipc:///" + String(repeating: "x", count: 107), "tcp://", "tcp://[::1]",
        ])
    func addresses(text: String) {
        let fault = #expect(throws: Fault.self) {
            try ClusterAddress.find(directory: nil, variables: ["BATON_BUS": text], folder: "/")
        }
        #expect(fault?.has(Exit.configuration) == true)
    }

    @Test("Sockets lie in .baton, or where no address can name it in a private folder of their own")
    func sockets() {
        let near = ClusterFolder(directory: "/srv/system")
        #expect(near.socket("o1", variables: [:]) == "/srv/system/.baton/o1.sock")
        let deep = ClusterFolder(directory: "/" + String(repeating: "deep/", count: 30))
        for base in ["/run/user/1000", "", "relative", "/" + String(repeating: "x", count: 100)] {
            let path = deep.socket("o16", variables: ["XDG_RUNTIME_DIR": base])
            #expect(path.utf8.count <= ClusterFolder.longestSocketPath)
            #expect(path.hasPrefix(base == "/run/user/1000" ? base : "/tmp/baton-"))
        }
        for name in ["/srv/my system", "/srv/a,b", "/srv/what?", "/srv/a\tb"] {
            let path = ClusterFolder(directory: name).socket("o1", variables: [:])
            #expect(path.hasPrefix("/tmp/baton-"), "\(name)")
            let base = ["XDG_RUNTIME_DIR": "/run/a b"]
            #expect(ClusterFolder(directory: name).socket("o1", variables: base) == path)
        }
        let other = ClusterFolder(directory: deep.directory + "x")
        #expect(other.sockets(variables: [:]) != deep.sockets(variables: [:]))
    }

    @Test("Ports are the first free ones, three in a row, ten apart")
    func ports() throws {
        #expect(try Ports.bases(3, isFree: { _ in true }) == [7400, 7410, 7420])
        #expect(try Ports.bases(2, isFree: { $0 != 7402 && $0 != 7411 }) == [7420, 7430])
        let fault = #expect(throws: Fault.self) { try Ports.bases(1, isFree: { _ in false }) }
        #expect(fault?.has(Exit.unavailable) == true)
    }

    @Test("A process is the same only with the same birth")
    func identity() throws {
        let own = ProcessIdentity.own
        #expect(own.birth > 0 && own.isAlive && own.age != nil)
        let heir = ProcessIdentity(pid: own.pid, birth: own.birth + 1)
        #expect(!heir.isAlive && !heir.send(0))
        for pid: Int32 in [0, -1, .max, .min] { #expect(ProcessIdentity(pid: pid) == nil) }
    }

    @Test("The birth is read behind the last bracket of the program's name")
    func birth() {
        let fields = (3...30).map { $0 == 3 ? "S" : "\($0)" }.joined(separator: " ")
        #expect(ProcessIdentity.birth(inStat: "7 (a) b) \(fields)") == 22)
        for line in ["", ")", "7 (x) S 1 2", "7 (x) Z " + fields, "7 x"] {
            #expect(ProcessIdentity.birth(inStat: line) == nil)
        }
    }

    @Test("Only one holds the lock of a folder")
    func lock() async throws {
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/lock"
        try await Lock.holding(path) {
            await #expect(throws: Fault.self) { try await Lock.holding(path) {} }
        }
        try await Lock.holding(path) {}
    }
}

@Suite struct SystemFileTests {
    private func decode(_ text: String) throws -> SystemFile {
        try SystemFile.decode(YAML.parse(text, source: "baton.yaml"))
    }

    @Test("A file names orchestrators and workers; what it leaves out has a default")
    func whole() throws {
        let file = try decode(
            """
            orchestrators: 2
            workers:
              - command: [./bin/baton-cost, --fast]
                count: 3
                agents: [cost, "no"]
                capacity: 64
                environment: {KEY: 1.10, FLAG: yes}
              - command: [sh]
                name: shell
            limits: {in_flight: 10}
            """)
        #expect(file.orchestrators == 2)
        #expect(file.workers.map(\.name) == ["cost", "shell"])
        #expect(file.workers[0].command == ["./bin/baton-cost", "--fast"])
        #expect(file.workers[0].count == 3 && file.workers[0].capacity == 64)
        #expect(file.workers[0].agents == ["cost", "no"])
        #expect(file.workers[0].environment == ["KEY": "1.10", "FLAG": "yes"])
        #expect(file.workers[1].count == 1)
    }

    @Test(
        "An empty file is the built-in default: one toolbox",
        arguments: ["", "{}", "~", "# nothing"])
    func standard(text: String) throws {
        #expect(try decode(text) == .standard)
    }

    @Test(
        "B52 B53 what cannot be meant is refused with its place",
        arguments: [
            "wrokers: []", "workers: [{comand: [x]}]", "workers: [{command: []}]",
            "workers: [{command: ['']}]", "workers: [{}]", "workers: {a: 1}", "orchestrators: 0",
            "orchestrators: 17", "orchestrators: two", "workers: [{command: [x], count: -1}]",
            "workers: [{command: [x], count: 257}]", "workers: [{command: [x], capacity: 0}]",
            "workers: [{command: [x], name: A}]", "workers: [{command: [x], name: a.b}]",
            "workers: [{command: [x]}, {command: [x]}]", "workers: [{command: x}]", "[]",
            "workers: [{command: [x], environment: [1]}]", "workers: [{command: [É]}]",
            "workers: [{command: [x], count: 200}, {command: [y], count: 200}]",
        ])
    func refused(text: String) {
        let fault = #expect(throws: Fault.self) { try decode(text) }
        #expect(fault?.place?.hasPrefix("baton.yaml:") == true)
    }

    @Test("B53 a misspelt key is answered with the nearest one, exit 78")
    func misspelt() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("baton.yaml", "orchestartors: 1\n")
        let fault = #expect(throws: Fault.self) { try SystemFile.read(path) }
        #expect(fault?.has(Exit.configuration) == true)
        #expect(fault?.message.contains("did you mean \"orchestrators\"?") == true)
    }

    @Test(
        "B50 a file that is not there is exit 66 and a folder too",
        arguments: ["/nonexistent", "/"])
    func missing(path: String) {
        let fault = #expect(throws: Fault.self) { try SystemFile.read(path) }
        #expect(fault?.has(Exit.noInput) == true)
    }

    @Test("Each process gets its name, its share of the environment and no more")
    func children() throws {
        let file = try decode(
            "workers: [{command: [tool, -x], name: t, count: 2, agents: [a, b], capacity: 5}]")
        let list = ChildList(
            folder: ClusterFolder(directory: "/srv"), system: file, variables: ["HOME": "/h"])
        let workers = list.workers { "/bin/\($0)" }
        #expect(workers.map(\.name) == ["t.1", "t.2"])
        #expect(workers[1].arguments == ["/bin/tool", "-x"])
        #expect(
            workers[1].environment == [
                "HOME": "/h", "BATON_NAME": "t", "BATON_INSTANCE": "2", "BATON_AGENTS": "a,b",
                "BATON_CAPACITY": "5", "BATON_DRAIN": "7",
            ])
        let orchestrators = list.orchestrators(program: "/bin/batond", ports: [7400, 7410])
        #expect(
            Array(orchestrators[1].arguments) == [
                "/bin/batond", "--name", "o2", "--listen", "tcp://127.0.0.1:7410", "--socket",
                "/srv/.baton/o2.sock", "--keys", "/srv/.baton/keys", "--ready-fd", "1",
                "--peer", "ipc:///srv/.baton/o1.sock",
            ])
    }
}

@Suite struct LogLineTests {
    @Test("A line of ours shows time, level, message and fields; any other line stays as it is")
    func rendering() {
        let line =
            #"{"time":"2026-02-15T08:30:00.125Z","level":"warning","component":"x","#
            + #""message":"slow","peer":"a\u001b[2J","ms":5}"#
        #expect(LogLine(line).text.plain == "08:30:00.125 warn  slow  peer=a  ms=5")
        for other in ["plain", "{}", "{\"level\":1}", "{", "[1]", ""] {
            #expect(LogLine(other).text.plain == other)
        }
    }

    @Test("X-03 a line ends with its request and the beginning of its trace")
    func belonging() {
        let line =
            #"{"time":"2026-02-15T08:30:00.125Z","level":"error","component":"x","message":"m","#
            + #""request":"r1","trace":"4bf92f3577b34da6a3ce929d0e0e4736","#
            + #""span":"ab","code":"bad"}"#
        #expect(
            LogLine(line).text.plain == "08:30:00.125 error m  code=bad  request=r1  trace=4bf92f35"
        )
    }

    @Test(
        "X-03 lines are found by request, trace and level",
        arguments: [
            (LogFilter(), [0, 1, 2, 3, 4]), (LogFilter(requests: ["r1"]), [0, 1]),
            (LogFilter(requests: ["r1", "r2"], level: .error), [1, 2]),
            (LogFilter(traces: ["4bf9"]), [0, 1]), (LogFilter(traces: ["4bf9", "00"]), [0, 1, 2]),
            (LogFilter(requests: ["r2"], traces: ["4bf9"]), []),
            (LogFilter(level: .warning), [1, 2, 4]), (LogFilter(level: .debug), [0, 1, 2, 3, 4]),
        ])
    func filters(_ filter: LogFilter, _ expected: [Int]) {
        let lines = [
            #"{"level":"info","message":"a","request":"r1","trace":"4bf92f35"}"#,
            #"{"level":"error","message":"b","request":"r1","trace":"4bf92f35"}"#,
            #"{"level":"error","message":"c","request":"r2","trace":"00f06700"}"#,
            #"{"level":"debug","message":"request r1 4bf9"}"#,
            "Fatal error: request r1",
        ]
        #expect(lines.indices.filter { filter.takes(lines[$0]) } == expected)
    }

    @Test("of a long log the last lines that are wanted are shown")
    func lastWanted() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("a.log", "x1\ny1\nx2\ny2\ny3\n")
        var tail = LogTail(name: "a", path: path)
        let wanted = try tail.last(2) { $0.hasPrefix("x") }
        #expect(wanted == ["x1", "x2"])
        #expect(try tail.appended() == [])
    }

    @Test("B61 nothing a child writes reaches the terminal unstripped")
    func escapes() {
        let text = LogLine("a\u{1b}]0;t\u{7}\u{1b}[31mb\r\nc").named("w.1", width: 5)
        #expect(text.plain == "w.1   │ ab c")
    }

    @Test("The end of a log is read, then what is appended, also when it was put aside")
    func tail() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("a.log", "1\n2\n3\nhal")
        var tail = LogTail(name: "a", path: path)
        #expect(try tail.last(2) == ["2", "3"])
        #expect(try tail.appended() == [])
        _ = try folder.write("a.log", "1\n2\n3\nhalf\n4\n")
        #expect(try tail.appended() == ["half", "4"])
        _ = try folder.write("a.log", "new\n")
        #expect(try tail.appended() == ["new"])
        var none = LogTail(name: "b", path: "\(folder.path)/b.log")
        #expect(try none.last(5) == [])
    }
}

@Suite struct DiagnosisTests {
    private var healthy: Machine {
        Machine(
            swift: "/s", zeroMQ: "4.3.4", zeroMQHasCurve: true, event: "2", yaml: "0",
            redis: "7.0.15",
            openFiles: 65_536, freeBytes: 8 << 30, canWriteTemporary: true, freePort: 7400,
            secondsSinceEpoch: 1_800_000_000)
    }

    @Test("A healthy machine has nothing to mend")
    func well() {
        #expect(Diagnosis.findings(healthy).allSatisfy { $0.state == .ok && $0.mend == nil })
    }

    @Test("Whatever is wrong is found by name and comes with its mend")
    func wrong() {
        let cases: [(String, Finding.State, (inout Machine) -> Void)] = [
            ("libzmq", .fail, { $0.zeroMQ = nil }),
            ("libzmq", .fail, { $0.zeroMQHasCurve = false }),
            ("redis-server", .warn, { $0.redis = nil }),
            ("redis-server", .warn, { $0.redis = "" }),
            ("redis-server", .warn, { $0.redis = "6.2.14" }),
            ("libevent", .fail, { $0.event = nil }), ("libyaml", .fail, { $0.yaml = nil }),
            ("open files", .fail, { $0.openFiles = 64 }),
            ("open files", .warn, { $0.openFiles = 1024 }),
            ("disk", .fail, { $0.freeBytes = 0 }), ("disk", .warn, { $0.freeBytes = 200 << 20 }),
            ("/tmp", .fail, { $0.canWriteTemporary = false }),
            ("folder", .fail, { $0.canWriteFolder = false }),
            ("ports", .fail, { $0.freePort = nil }), ("swift", .warn, { $0.swift = nil }),
            ("clock", .fail, { $0.secondsSinceEpoch = 0 }),
        ]
        for (check, state, damage) in cases {
            var machine = healthy
            damage(&machine)
            let findings = Diagnosis.findings(machine).filter { $0.state != .ok }
            #expect(findings.map(\.check) == [check])
            #expect(findings.map(\.state) == [state])
            #expect(findings.allSatisfy { $0.mend != nil })
        }
    }

    @Test("The doctor answers in JSON with every check")
    func json() async throws {
        let folder = try TemporaryFolder()
        let result = await Harness(folder: folder.path).run("doctor", "--json")
        let value = try JSON.parse(result.output)
        #expect(value["checks"]?.array?.count == 12)
        #expect(result.exit == (value["well"]?.bool == true ? .ok : .failed))
    }
}
