import Bus
import Document
import Glibc
import Reactor
import Telemetry
import TestKit
import WorkerKit

/// One orchestrator as a process of its own in a private folder, and the programs beside it. It is
/// ended with `stop`, which says whether the orchestrator had ended before.
actor Cluster {
    nonisolated let loop: EventLoop
    nonisolated let folder: TemporaryFolder
    private let products: String
    private var orchestrator: ChildProcess?
    private var others: [ChildProcess] = []
    private var reader: LineReader?
    private var announced: Value?

    private static let patience = Duration.seconds(20)

    nonisolated var unownedExecutor: UnownedSerialExecutor {
        unsafe loop.asUnownedSerialExecutor()
    }

    init(products: String, on loop: EventLoop) throws {
        self.loop = loop
        self.products = products
        folder = try TemporaryFolder()
    }

    /// Starts the orchestrator; returns when it can be reached.
    func start(secrets: ObjectValue) async throws {
        var arguments = [
            "\(products)/batond", "--listen", "tcp://127.0.0.1:0", "--socket",
            folder.file("bus"), "--store", "memory", "--ready-fd", "1",
        ]
        if !secrets.isEmpty {
            try folder.write(JSON.text(.object(secrets)), to: "secrets")
            arguments += ["--config", try folder.write("secrets: secrets\n", to: "baton.yaml")]
        }
        let process = try child(arguments, output: .pipe, log: "batond.log")
        orchestrator = process
        let gate = Gate(loop)
        guard let output = process.takeOutput() else { return }
        reader = try LineReader(output, on: loop) { [unowned self] event in
            assumeIsolated { $0.hear(event) }
            gate.open()
        }
        guard await gate.wait(Self.patience), announced != nil else {
            throw Fault(RunnerCode.cluster, "batond does not start: \(log("batond.log"))")
        }
    }

    /// Starts another program, whose words go to a file in the folder.
    func start(_ arguments: [String], log: String) throws {
        others.append(try child(arguments, output: .null, log: log))
    }

    /// A worker of ours that lies beside the orchestrator.
    func startWorker(_ program: String, _ arguments: [String]) throws {
        let bus = ["--bus", try bus.address]
        try start(["\(products)/\(program)"] + bus + arguments, log: "\(program).log")
    }

    var bus: ClientEndpoint {
        get throws { try endpoint("socket") }
    }

    var tap: ClientEndpoint {
        get throws { try endpoint("tap_socket") }
    }

    /// A client under a name of its own.
    func client(_ name: String) async throws -> Client {
        let plan = Session.Plan(endpoints: [try bus], routingID: name)
        return try await Client.connect(plan, on: loop)
    }

    /// Ends all processes. Throws where the orchestrator has ended by itself.
    func stop() async throws {
        let end = orchestrator?.exit
        reader?.cancel()
        for process in others + [orchestrator].compactMap(\.self) { process.kill(SIGKILL) }
        for process in others + [orchestrator].compactMap(\.self) {
            _ = try? await process.waitForExit()
        }
        guard let end else { return }
        throw Fault(RunnerCode.cluster, "batond ended: \(end): \(log("batond.log"))")
    }

    // MARK: - Steps

    private func child(
        _ arguments: [String], output: Command.Stream, log: String
    ) throws -> ChildProcess {
        let command = Command(
            arguments, directory: folder.path, output: output, error: .file(folder.file(log)))
        return try ChildProcess(command, on: loop)
    }

    private func hear(_ event: LineReader.Event) {
        guard case .line(.whole(let bytes)) = event else { return }
        announced = announced ?? (try? JSON.parse(bytes))
    }

    private func endpoint(_ key: String) throws(Fault) -> ClientEndpoint {
        try ClientEndpoint(announced?[key]?.string ?? "")
    }

    /// The last words of a program.
    func log(_ name: String) -> String {
        let text = (try? FileTree.text(of: folder.file(name))) ?? ""
        return String(text.suffix(600))
    }
}

enum RunnerCode: String, FaultCode {
    case cluster, usage
}
