import Document
import Reactor
import Telemetry

/// One child process on the loop: performs what its plan decides, and reports what happens to it.
/// It decides nothing itself, and nobody else touches its process.
final class Child {
    enum Event: Sendable {
        case clock
        case ready(ClusterFile.Orchestrator)
        /// The store can be asked.
        case answers
        case ended(String)
        /// It was heard only after its end.
        case lastWords
        case spawnFailed(String)
    }

    let specification: ChildSpecification
    var plan: ChildPlan
    private(set) var identity: ProcessIdentity?
    private(set) var process: ChildProcess?
    var address: ClusterFile.Orchestrator?
    /// The last line of the process that runs, or that ran last.
    private var lastLine = ""
    /// How that one ended.
    private var lastEnd: String?

    private let loop: EventLoop
    private let file: LogFile
    private let screen: Screen
    private var timer: Reactor.Timer?
    private var readers: [LineReader] = []
    private var probe: RedisProbe?
    private let report: @Sendable (Event) -> Void

    init(
        _ specification: ChildSpecification, folder: ClusterFolder, screen: Screen,
        on loop: EventLoop, report: @escaping @Sendable (Event) -> Void
    ) throws {
        self.specification = specification
        self.plan = ChildPlan(policy: specification.policy)
        self.loop = loop
        self.screen = screen
        self.report = report
        file = try LogFile(folder.log(of: specification.name))
    }

    var name: String { specification.name }

    /// As it stands in the cluster's file, where it is one of a group of Redis.
    var node: ClusterFile.Store.Node? {
        guard case .port(let port, _)? = specification.place else { return nil }
        return ClusterFile.Store.Node(
            name: name, address: "127.0.0.1:\(port)", pid: identity?.pid ?? 0,
            birth: identity?.birth ?? 0, ended: end)
    }

    /// What the process said last; empty if nothing.
    var lastWords: String { String(LogLine.gist(of: lastLine).prefix(300)) }

    /// Why it does not run.
    var end: ClusterFile.End? {
        guard identity == nil, let lastEnd else { return nil }
        return ClusterFile.End(with: lastEnd, words: lastWords)
    }

    func spawn(environment: [String: String], directory: String) throws {
        let process = try ChildProcess(
            Reactor.Command(
                specification.arguments,
                environment: specification.environment.merging(environment) { $1 },
                directory: directory, output: .pipe, error: .pipe),
            on: loop)
        self.process = process
        identity = ProcessIdentity(pid: process.id)
        readers = []
        lastLine = ""
        if let output = process.takeOutput() {
            readers.append(try reader(output, isOutput: true))
        }
        if let errors = process.takeError() {
            readers.append(try reader(errors, isOutput: false))
        }
        probe = specification.place.map { place in
            RedisProbe(place, on: loop) { [weak self] in self?.report(.answers) }
        }
    }

    func signal(_ number: Int32) { process?.kill(number) }

    func ended(_ how: String) {
        lastEnd = how
        probe?.cancel()
        process = nil
        identity = nil
    }

    func wake(after delay: Duration) {
        guard let timer else {
            timer = loop.timer(after: delay) { [weak self] in self?.report(.clock) }
            return
        }
        timer.reset(after: delay)
    }

    private func say(_ line: String) {
        log(line)
        screen.log(line, from: name)
    }

    private func log(_ line: String) {
        file.append(line)
        guard !line.isEmpty else { return }
        let isLate = process == nil && lastLine.isEmpty
        lastLine = line
        if isLate { report(.lastWords) }
    }

    private func reader(_ descriptor: Descriptor, isOutput: Bool) throws -> LineReader {
        try LineReader(descriptor, on: loop) { [weak self] event in
            guard let self, case .line(let line) = event else { return }
            switch line {
            case .whole(let bytes): take(String(decoding: bytes, as: UTF8.self), isOutput)
            case .tooLong(let bytes): say("(a line of \(bytes) bytes is left out)")
            }
        }
    }

    /// The first line an orchestrator writes to its output says where it listens; the rest is log.
    private func take(_ line: String, _ isOutput: Bool) {
        if isOutput, specification.role == .orchestrator, case .starting = plan.state,
            let identity, let address = Ready.address(line, name: name, identity: identity)
        {
            report(.ready(address))
        } else {
            tell(line)
        }
    }

    /// What the store says of its start is for those who look for it: it is in the log.
    private func tell(_ line: String) {
        guard [.store, .sentinel].contains(specification.role) else { return say(line) }
        let line = RedisLine.logged(line)
        if case .starting = plan.state { log(line) } else { say(line) }
    }
}

/// The line with which batond says that it listens.
private struct Ready: Decodable {
    let ready: Bool
    let bus: String
    let broadcast: String
    let tap: String
    let socket: String
    let key: String

    static func address(
        _ line: String, name: String, identity: ProcessIdentity
    ) -> ClusterFile.Orchestrator? {
        guard let ready = try? JSON.decode(Ready.self, from: Array(line.utf8)), ready.ready else {
            return nil
        }
        return ClusterFile.Orchestrator(
            name: name, pid: identity.pid, birth: identity.birth, bus: ready.bus,
            broadcast: ready.broadcast, tap: ready.tap, socket: ready.socket, key: ready.key)
    }
}
