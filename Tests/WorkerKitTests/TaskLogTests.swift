import Bus
import Document
import Orchestration
import Reactor
import Synchronization
import Telemetry
import Testing
import Wire

@testable import WorkerKit

/// What workers log of their tasks: each line with the request and its trace.
@Suite struct TaskLogTests {
    private static func options(_ id: String) -> CallOptions {
        var options = CallOptions(delivery: .volatile)
        options.id = id
        return options
    }

    private static let agents = [
        Agent(raw: "fail") { _, _ -> RawContent in
            throw TaskFailure(code: "no_paper", message: "the \"tray\"\n is empty")
        },
        Agent(raw: "good") { content, task in
            task.log.info("looked", ["request": "mine", "size": 1])
            return content
        },
    ]

    @Test("X-03 S5-57 S5-59 orchestrator and worker log a task under one request and one trace")
    func together() async throws {
        let written = LogLines()
        let log = Log(component: "test", level: .debug, write: { written.append($0) })
        try await BusFixture.run(log: log) {
            Self.agents
        } _: { bus in
            _ = try await bus.client.call("good", RawContent("x"), options: Self.options("g"))
            _ = try? await bus.client.call("fail", RawContent("x"), options: Self.options("f"))
        }
        let lines = try written.values()
        func of(_ id: String) -> [Value] { lines.filter { $0["request"]?.string == id } }
        func words(_ id: String) -> [String] { of(id).compactMap { $0["message"]?.string } }
        #expect(
            words("g") == [
                "a task is given away", "a task begins", "looked", "a task ends",
                "a task is answered",
            ])
        #expect(
            words("f") == [
                "a task is given away", "a task begins", "a task ends", "a task failed",
                "a task is answered", "a request failed",
            ])
        for id in ["g", "f"] {
            let traces = of(id).map { $0["trace"]?.string ?? "" }
            #expect(Set(traces).count == 1 && traces[0].utf8.count == 32)
        }
        let begun = try #require(of("g").first { $0["message"] == "a task begins" })
        #expect(begun["agent"] == "good" && begun["worker"] == "worker.1" && begun["step"] == 1)
        #expect(begun["attempt"] == 1 && begun["level"] == "debug")
        let failed = try #require(of("f").first { $0["message"] == "a task failed" })
        #expect(failed["level"] == "error" && failed["code"] == "no_paper")
        #expect(failed["agent"] == "fail" && failed["step"] == 1)
        #expect(of("f").last?["level"] == "error")
        #expect(of("g").first { $0["message"] == "looked" }?["request_"] == "mine")
    }

    @Test("S5-57 at the usual level a task that goes well is not told of")
    func usual() async throws {
        let written = LogLines()
        try await BusFixture.run(log: Log(component: "t", write: { written.append($0) })) {
            Agent(raw: "good") { content, _ in content }
        } _: { bus in
            _ = try await bus.client.call("good", RawContent("x"), options: Self.options("g"))
        }
        #expect(try written.values().allSatisfy { $0["request"] == nil })
    }

    @Test("S5-59 a cancelled task is no error, and of many failures only some are told")
    func storm() async throws {
        let written = LogLines()
        let log = Log(component: "t", level: .error, write: { written.append($0) })
        try await BusFixture.run(log: log) {
            Self.agents
            Agent(raw: "gone") { _, _ -> RawContent in throw CancellationError() }
        } _: { bus in
            _ = try? await bus.client.call("gone", RawContent("x"), options: Self.options("c"))
            for number in 0..<40 {
                _ = try? await bus.client.call(
                    "fail", RawContent("x"), options: Self.options("f\(number)"))
            }
        }
        let failed = try written.values().filter { $0["message"] == "a task failed" }
        #expect(failed.allSatisfy { $0["request"]?.string?.hasPrefix("f") == true })
        #expect((1...40).contains(failed.count))
    }

    @Test("lines that were left out are told of when their second is over")
    func leftOut() async throws {
        let written = LogLines()
        let (told, telling) = AsyncStream<Void>.makeStream()
        let log = Log(
            component: "t", level: .warning,
            write: { line in
                written.append(line)
                if line.contains("lines were left out") { telling.yield() }
            })
        try await ScriptedBus.run(log: log) { _, _ in
        } agents: {
            Self.agents
        } _: { bus, _ in
            for number in 1...60 {
                var envelope = Envelope(.task)
                envelope.receiver = "fail#1"
                envelope.requestID = "r\(number)"
                envelope.step = 1
                envelope.attempt = 1
                envelope.dispatch = UInt64(number)
                envelope.delivery = .volatile
                bus.send(AgentMessage(envelope, content: []), "worker.1")
            }
            for await _ in told { break }
        }
        let lines = try written.values()
        let failed = lines.count { $0["message"] == "a task failed" }
        let left = lines.compactMap { $0["lines"]?.integer }.reduce(0, +)
        #expect(failed < 60 && left > 0 && failed + left <= 60)
    }
}

/// Collects lines from a closure that may be called anywhere.
private final class LogLines: Sendable {
    private let lines = Mutex<[String]>([])

    func append(_ line: String) { lines.withLock { $0.append(line) } }

    /// Each line as the object it must be.
    func values() throws -> [Value] { try lines.withLock { $0 }.map { try JSON.parse($0) } }
}
