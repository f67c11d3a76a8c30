import Synchronization
import Telemetry

/// What the supervisor itself has to say, in the same lines as its children: to its log file and
/// the screen.
final class Journal {
    private let file: LogFile
    private let screen: Screen

    init(folder: ClusterFolder, screen: Screen) throws(Fault) {
        file = try LogFile(folder.log(of: Supervisor.name))
        self.screen = screen
    }

    func info(_ message: StaticString, _ fields: KeyValuePairs<String, Log.Field> = [:]) {
        write { $0.info(message, fields) }
    }

    func warning(_ message: StaticString, _ fields: KeyValuePairs<String, Log.Field> = [:]) {
        write { $0.warning(message, fields) }
    }

    func error(_ message: StaticString, _ fields: KeyValuePairs<String, Log.Field> = [:]) {
        write { $0.error(message, fields) }
    }

    /// A log may write from any thread, so its lines are collected and written when it is done.
    private func write(_ body: (Log) -> Void) {
        let lines = Lines()
        body(Log(component: Supervisor.name, write: lines.add))
        for line in lines.all {
            let line = String(line.dropLast())
            file.append(line)
            screen.log(line, from: Supervisor.name)
        }
    }
}

private final class Lines: Sendable {
    private let lines = Mutex<[String]>([])

    var all: [String] { lines.withLock { $0 } }

    @Sendable func add(_ line: String) { lines.withLock { $0.append(line) } }
}
