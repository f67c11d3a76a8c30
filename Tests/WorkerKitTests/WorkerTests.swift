import Bus
import Reactor
import Telemetry
import TestKit
import Testing
import Wire

@testable import WorkerKit

/// A worker and a client on a real bus, with a real orchestrator between them.
@Suite struct WorkerTests {
    struct Greeting: Codable, Sendable {
        var name: String
        var times: Int
    }

    private static let greet = Agent("greet") { (input: Greeting, _) in
        "Hello, \(input.name)!"
    }

    private static let echo = Agent(raw: "echo", effect: .pure) { content, _ in content }

    @Test("a typed agent answers a typed call", arguments: [Delivery.durable, .volatile])
    func typed(_ delivery: Delivery) async throws {
        try await BusFixture.run {
            Self.greet
        } _: { bus in
            let answer = try await bus.client.call(
                "greet", Greeting(name: "Ada", times: 1), as: String.self,
                options: CallOptions(delivery: delivery))
            #expect(answer == "Hello, Ada!")
        }
    }

    @Test("input that does not fit is refused with the path of what is wrong")
    func invalid() async throws {
        try await BusFixture.run {
            Self.greet
        } _: { bus in
            let fault = await #expect(throws: Fault.self) {
                try await bus.client.call(
                    "greet", RawContent(json: ["name": "Ada", "times": "1"]))
            }
            #expect(fault?.has(WireCode.invalid) == true)
            #expect(fault?.message.contains("times: expected an integer") == true)
        }
    }

    @Test(
        "contents come back byte for byte, in one piece or in many",
        arguments: [0, 65_537, 1 << 20])
    func raw(_ count: Int) async throws {
        try await BusFixture.run {
            Self.echo
        } _: { bus in
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
            let answer = try await bus.client.call("echo", RawContent(bytes))
            #expect(answer.bytes == bytes)
        }
    }

    @Test("what a handler throws reaches its caller with code and hint")
    func failures() async throws {
        try await BusFixture.run {
            Agent(raw: "fail") { _, _ -> RawContent in
                throw TaskFailure(code: "no_paper", message: "the tray is empty", retry: .now)
            }
        } _: { bus in
            let fault = await #expect(throws: Fault.self) {
                try await bus.client.call("fail", RawContent([]))
            }
            #expect(fault?.code.rawValue == "no_paper")
            #expect(fault?.retry == .now)
        }
    }

    @Test("cancelling the caller's task cancels the handler")
    func cancellation() async throws {
        let (started, starting) = AsyncStream<Void>.makeStream()
        let (stopped, stopping) = AsyncStream<Bool>.makeStream()
        try await BusFixture.run {
            Agent(raw: "wait") { content, task in
                starting.yield()
                try? await task.sleep(for: .seconds(60))
                stopping.yield(task.isCancelled && Task.isCancelled)
                return content
            }
        } _: { bus in
            let call = Task { try await bus.client.call("wait", RawContent([])) }
            for await _ in started { break }
            call.cancel()
            for await wasCancelled in stopped {
                #expect(wasCancelled)
                break
            }
            let fault = await #expect(throws: Fault.self) { try await call.value }
            #expect(fault?.has(WireCode.cancelled) == true)
        }
    }

    @Test("a blocking handler runs beside the loop")
    func blocking() async throws {
        try await BusFixture.run {
            Agent(blocking: "double") { (number: Int, _) in number * 2 }
        } _: { bus in
            let doubled = try await bus.client.call("double", 21, as: Int.self)
            #expect(doubled == 42)
        }
    }

    @Test("an agent calls another within its own time")
    func nested() async throws {
        try await BusFixture.run {
            Self.greet
            Agent("polite") { (name: String, task) -> String in
                let greeting = try await task.call(
                    "greet", Greeting(name: name, times: 1), as: String.self)
                return greeting + " How are you?"
            }
        } _: { bus in
            let answer = try await bus.client.call("polite", "Ada", as: String.self)
            #expect(answer == "Hello, Ada! How are you?")
        }
    }

    @Test("a streaming answer comes in its order, the result last")
    func stream() async throws {
        try await BusFixture.run {
            Agent(raw: "count") { content, task in
                for number in 1...3 { task.partial(RawContent("\(number)")) }
                return RawContent("done")
            }
        } _: { bus in
            var pieces: [String] = []
            for try await piece in bus.client.stream("count", RawContent([])) {
                pieces.append(piece.text)
            }
            #expect(pieces == ["1", "2", "3", "done"])
        }
    }

    @Test("S5-39 what a notification came to is fetched by its id, its failure too")
    func notified() async throws {
        try await BusFixture.run {
            Self.echo
            Agent(raw: "fail") { _, _ -> RawContent in
                throw TaskFailure(code: "no_paper", message: "the tray is empty", retry: .now)
            }
        } _: { bus in
            let id = try await bus.client.notify("echo", RawContent("x"))
            #expect(try await bus.client.result(of: id).text == "x")
            let failed = try await bus.client.notify("fail", RawContent([]))
            let fault = await #expect(throws: Fault.self) {
                try await bus.client.result(of: failed)
            }
            #expect(fault?.code.rawValue == "no_paper")
            #expect(fault?.retry == .now)
        }
    }

    @Test("S5-41 a pipeline passes results on, types included, and reports its stages")
    func pipeline() async throws {
        let (steps, step) = AsyncStream<CallProgress>.makeStream()
        try await BusFixture.run {
            Agent("double") { (number: Int, _) in number * 2 }
            Agent("text") { (number: Int, task) -> String in
                task.progress("writing")
                // What is shown may be dropped; it is waited for, so that the end does not pass it.
                for await _ in steps { break }
                return "\(number)"
            }
        } _: { bus in
            let text = try await bus.client.pipeline(
                ["double", "double", "text"], 5, as: String.self
            ) { progress in
                #expect(progress.step == 3)
                #expect(progress.sender.hasPrefix("text#"))
                step.yield(progress)
            }
            #expect(text == "20")
        }
    }

    @Test("S2-64 S2-65 a handler asks several at once and goes on with those that answered")
    func gathered() async throws {
        try await BusFixture.run {
            Agent("double") { (number: Int, _) in number * 2 }
            Agent("square") { (number: Int, _) in number * number }
            Agent("never") { (_: Int, _) -> Int in throw TaskFailure(message: "no") }
            Agent("sum") { (number: Int, task) -> [Int] in
                let gathering = try await task.fanOut(to: ["double", "square", "never"], number)
                let sum = try gathering.results(as: Int.self).values.reduce(0, +)
                return [sum, gathering.failed.count, gathering.asked]
            }
        } _: { bus in
            let answer = try await bus.client.call("sum", 5, as: [Int].self)
            #expect(answer == [35, 1, 3])
        }
    }

    @Test("agents that call themselves without end are stopped")
    func endless() async throws {
        try await BusFixture.run {
            Agent("again") { (depth: Int, task) -> Int in
                #expect(task.depth == depth)
                return try await task.call("again", depth + 1, as: Int.self)
            }
        } _: { bus in
            let fault = await #expect(throws: Fault.self) {
                try await bus.client.call("again", 0, as: Int.self)
            }
            #expect(fault?.has(WireCode.budget) == true)
        }
    }

    @Test("an unknown agent is refused at once with the nearest names")
    func unknown() async throws {
        try await BusFixture.run {
            Self.greet
            Agent(raw: "greed") { content, _ in content }
        } _: { bus in
            let fault = await #expect(throws: Fault.self) {
                try await bus.client.call("gree", RawContent([]))
            }
            #expect(fault?.has(WireCode.unavailable) == true)
            #expect(fault?.message.contains("did you mean greet or greed?") == true)
        }
    }

    @Test("the same durable id is the same request: the handler runs once")
    func sameID() async throws {
        let runs = RunCount()
        try await BusFixture.run {
            Agent(raw: "once") { content, _ in
                runs.add()
                return content
            }
        } _: { bus in
            for _ in 1...2 {
                let answer = try await bus.client.call(
                    "once", RawContent("x"), options: .id("order-1"))
                #expect(answer.text == "x")
            }
            #expect(runs.count == 1)
        }
    }

    @Test("a handler that ignores its cancellation makes the worker leave")
    func stubborn() async throws {
        let never = Never()
        try await BusFixture.run(grace: .milliseconds(20)) {
            Agent(raw: "deaf") { content, task in
                await withCheckedContinuation { never.hold($0) }
                return content
            }
        } _: { bus in
            // On a busy machine a call may be late before its handler has begun.
            repeat {
                let late = await #expect(throws: Fault.self) {
                    try await bus.client.call("deaf", RawContent([]), timeout: .milliseconds(50))
                }
                #expect(late?.has(WireCode.deadline) == true)
            } while !never.isHeld
            let fault = await #expect(throws: Fault.self) { try await bus.work.value }
            #expect(fault?.has(WorkerCode.watchdog) == true)
        }
        withExtendedLifetime(never) {}
    }

    @Test("the result of an unsafe task is in the outbox's file until it is acknowledged")
    func outbox() async throws {
        let folder = try TemporaryFolder()
        try await BusFixture.run(outbox: folder.path) {
            Agent("pay", effect: .unsafe) { (sum: Int, _) in sum }
        } _: { bus in
            let paid = try await bus.client.call("pay", 7, as: Int.self)
            #expect(paid == 7)
        }
        let (_, kept) = try OutboxFile.open(folder: folder.path, log: .silent)
        #expect(kept.isEmpty)
    }

    @Test("above its capacity a worker refuses, and the task waits for its turn")
    func capacity() async throws {
        try await BusFixture.run(capacity: 1) {
            Agent(raw: "slow") { content, task in
                try await task.sleep(for: .milliseconds(1))
                return content
            }
        } _: { bus in
            try await withThrowingTaskGroup { group in
                for number in 1...5 {
                    group.addTask {
                        try await bus.client.call("slow", RawContent("\(number)")).text
                    }
                }
                var answers: Set<String> = []
                for try await answer in group { answers.insert(answer) }
                #expect(answers == ["1", "2", "3", "4", "5"])
            }
        }
    }

    @Test("a load of calls is counted and every answer is there")
    func load() async throws {
        try await BusFixture.run {
            Self.echo
        } _: { bus in
            var load = LoadGenerator()
            load.inFlight = 8
            load.duration = .milliseconds(50)
            load.warmUp = .milliseconds(10)
            // On a busy machine nothing may come of so short a time.
            var report = try await load.run(on: bus.client)
            while report.calls == 0, report.errors == 0 {
                report = try await load.run(on: bus.client)
            }
            #expect(report.calls > 0)
            #expect(report.errors == 0)
            #expect(!report.isDurable)
        }
    }

    @Test("a load of so many calls makes exactly those and books each answer once")
    func countedLoad() async throws {
        let runs = RunCount()
        try await BusFixture.run {
            Agent(raw: "echo", effect: .pure) { content, _ in
                runs.add()
                return content
            }
        } _: { bus in
            var load = LoadGenerator()
            load.inFlight = 8
            load.calls = 100
            let report = try await load.run(on: bus.client)
            #expect(report.calls == 100)
            #expect(report.errors == 0)
            #expect(report.strays == 0)
            #expect(report.longestPause > .zero)
            #expect(report.longestPause <= report.elapsed)
            #expect(runs.count == 100)
        }
    }

    @Test("a load at a fixed rate makes its calls by the clock, and no more at once than it may")
    func pacedLoad() async throws {
        try await BusFixture.run {
            Self.echo
        } _: { bus in
            var load = LoadGenerator()
            load.rate = 20_000
            load.inFlight = 8
            load.calls = 100
            var report = try await load.run(on: bus.client)
            #expect(report.calls == 100)
            #expect(report.errors == 0)
            load.calls = nil
            load.duration = .milliseconds(50)
            load.warmUp = .milliseconds(10)
            report = try await load.run(on: bus.client)
            #expect(report.errors == 0)
        }
    }

    @Test("a load at a fixed rate that nobody answers is over when its calls have failed")
    func pacedFailure() async throws {
        try await BusFixture.run {
            Self.echo
        } _: { bus in
            var load = LoadGenerator()
            load.agent = "nobody"
            load.rate = 1000
            load.duration = .milliseconds(20)
            let report = try await load.run(on: bus.client)
            #expect(report.calls == 0)
        }
    }

    @Test("a load of fewer calls than may be in flight ends, and one that fails is counted")
    func failingLoad() async throws {
        try await BusFixture.run {
            Self.echo
        } _: { bus in
            var load = LoadGenerator()
            load.agent = "nobody"
            load.calls = 3
            let report = try await load.run(on: bus.client)
            #expect(report.calls == 0)
            #expect(report.errors == 3)
        }
    }
}

/// Keeps a continuation until it is let go, so that its handler cannot end before.
// SAFETY: handlers of one worker and the test body share the loop's thread.
private final class Never: @unchecked Sendable {
    private var continuation: CheckedContinuation<Void, Swift.Never>?

    var isHeld: Bool { continuation != nil }

    func hold(_ continuation: CheckedContinuation<Void, Swift.Never>) {
        self.continuation = continuation
    }

    deinit { continuation?.resume() }
}

/// Counts runs of a handler on the loop.
// SAFETY: handlers of one worker and the test body share the loop's thread.
private final class RunCount: @unchecked Sendable {
    private(set) var count = 0

    func add() { count += 1 }
}
