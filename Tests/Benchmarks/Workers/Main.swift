/// Workers for measurements: several in one process, each with connections of its own, all on one
/// loop. Each offers the agents it is told to, which answer what they are asked and count what is
/// broadcast to them, and one called like the first and `-tally`, which says how many broadcasts
/// all of them have heard.
import Glibc
import Reactor
import WorkerKit

@main
enum Main {
    static func main() {
        EventLoop.prepareProcess()
        let arguments = Array(CommandLine.arguments.dropFirst())
        guard arguments.count >= 3, let count = Int(arguments[0]), (1...1024).contains(count) else {
            print("usage: bench-workers COUNT ADDRESS AGENT...")
            exit(2)
        }
        do {
            try EventLoop.run { loop in
                try await run(count, arguments[1], Array(arguments[2...]), on: loop)
            }
        } catch {
            print("bench-workers: \(error)")
            exit(1)
        }
    }

    private static func run(
        _ count: Int, _ address: String, _ names: [String], on loop: EventLoop
    ) async throws {
        let tally = Tally()
        try await withThrowingTaskGroup { group in
            for number in 1...count {
                var configuration = WorkerConfiguration()
                configuration.bus = address
                configuration.instance = "\(number)"
                let worker = Worker(names[0]) {
                    for name in names { tally.agent(name) }
                    tally.agent(countingFor: names[0])
                }
                let settled = configuration
                group.addTask {
                    try await worker.run(settled, on: loop, takingSignals: false)
                }
            }
            try await group.waitForAll()
        }
    }
}

/// What all workers of the process have heard since it was asked for last.
// SAFETY: direct handlers run on the one loop of the process, which alone touches it.
private final class Tally: @unchecked Sendable {
    private var heard = 0
    private var missed: UInt64 = 0
    private var first = Instant.zero
    private var last = Instant.zero

    func agent(_ name: String) -> Agent {
        Agent(raw: name, description: "Answers what it is asked", effect: .pure) {
            [self] content, task in
            if task.isBroadcast { note(task.missed) }
            return content
        }
    }

    func agent(countingFor name: String) -> Agent {
        Agent(raw: "\(name)-tally", description: "Counts broadcasts, from one call to the next") {
            [self] _, _ in
            defer { (heard, missed) = (0, 0) }
            return RawContent(
                json: [
                    "heard": .init(heard), "missed": .init(Int(clamping: missed)),
                    "seconds": .number((last - first) / .seconds(1)),
                ])
        }
    }

    private func note(_ lost: UInt64) {
        last = Instant.current()
        if heard == 0 { first = last }
        heard += 1
        missed += lost
    }
}
