import Document
import Telemetry
import Testing
import Wire

@testable import WorkerKit

/// The four patterns as they stand on the wire, and what a caller is given of the answers.
@Suite struct PatternTests {
    @Test("S5-38 a call carries its options, and progress reaches who waits")
    func call() async throws {
        let (notes, note) = AsyncStream<CallProgress>.makeStream()
        try await ScriptedBus.run { bus, message in
            bus.answer(message, .accepted)
            bus.answer(message, .progress, ["page": 1]) {
                $0.sender = "crawl#1"
                $0.step = 1
            }
            bus.answer(message, .response, 42)
        } _: { bus, client in
            let options = CallOptions(id: "order-1", priority: 7, headers: ["a": "b"])
            let answer = try await client.call(
                "crawl", "x", as: Int.self, timeout: .seconds(5), options: options,
                onProgress: { note.yield($0) })
            #expect(answer == 42)
            for await progress in notes {
                #expect(progress.sender == "crawl#1")
                #expect(try progress.note.value() == ["page": 1])
                break
            }
            let asked = try #require(bus.seen.first?.envelope)
            #expect(asked.type == .request)
            #expect(asked.requestID == "order-1")
            #expect(asked.headers == ["a": "b"])
            #expect(asked.priority == 7)
            #expect(asked.budget == 5000)
            #expect(asked.depth == 0)
        }
    }

    @Test("S5-39 a notification ends with its acceptance and is named by its id")
    func notify() async throws {
        try await ScriptedBus.run { bus, message in
            bus.answer(message, .accepted)
        } _: { bus, client in
            let id = try await client.notify("cost", ["item": 1], timeout: .seconds(20))
            let asked = try #require(bus.seen.first)
            #expect(asked.envelope.type == .notification)
            #expect(asked.envelope.requestID == id)
            #expect(asked.envelope.budget == 20_000)
            #expect(asked.content == Array(#"{"item":1}"#.utf8))
            let chosen = try await client.notify("cost", 1, options: .id("mine"))
            #expect(chosen == "mine")
            let volatile = try await client.notify("cost", 1, options: .volatile)
            #expect(volatile == bus.seen.last?.envelope.messageID)
        }
    }

    @Test("S5-39 a notification goes to another orchestrator under the same id")
    func notifyAgain() async throws {
        try await ScriptedBus.run { bus, message in
            guard bus.seen.count > 1 else { return }
            bus.answer(message, .accepted)
        } _: { bus, client in
            async let id = client.notify("cost", 1)
            _ = await bus.next(.notification)
            try bus.restart()
            let accepted = try await id
            #expect(bus.seen.map(\.envelope.requestID) == [accepted, accepted])
            #expect(bus.seen.map(\.envelope.type) == [.notification, .notification])
        }
    }

    @Test("what came of a request is asked for by its id, and its failure is thrown")
    func result() async throws {
        try await ScriptedBus.run { bus, message in
            let question = try? JSON.parse(message.content)
            guard question?["wait"] == true else {
                return bus.answer(message, .error) {
                    $0.error = WireError(code: "busy", message: "not ended", retryable: true)
                }
            }
            bus.answer(message, .response, "done")
        } _: { bus, client in
            let done = try await client.result(of: "a", as: String.self)
            #expect(done == "done")
            let asked = try #require(bus.seen.first)
            #expect(asked.envelope.receiver == "baton")
            #expect(asked.envelope.delivery == .volatile)
            let fault = await #expect(throws: Fault.self) {
                try await client.result(of: "a", wait: false)
            }
            #expect(fault?.has(WireCode.busy) == true)
            #expect(fault?.retry == .now)
        }
    }

    @Test("a request is cancelled by its id, and one that is gone says so")
    func cancel() async throws {
        try await ScriptedBus.run { bus, message in
            let isKnown = message.envelope.requestID == "known"
            bus.answer(message, .error) {
                $0.error = WireError(code: isKnown ? "cancelled" : "gone", message: "")
            }
        } _: { bus, client in
            try await client.cancel("known")
            #expect(bus.seen.first?.envelope.type == .cancel)
            let fault = await #expect(throws: Fault.self) { try await client.cancel("other") }
            #expect(fault?.has(WireCode.gone) == true)
        }
    }

    @Test("S5-41 a pipeline is a routing slip in one message")
    func pipeline() async throws {
        try await ScriptedBus.run { bus, message in
            bus.answer(message, .response, ["sum": 3])
        } _: { bus, client in
            let sum = try await client.pipeline(["read", "add"], [1, 2], as: [String: Int].self)
            #expect(sum == ["sum": 3])
            let asked = try #require(bus.seen.first?.envelope)
            #expect(asked.type == .pipeline)
            #expect(asked.receiver == "read")
            #expect(asked.headers == ["pipeline": "read,add"])
            for stages in [[], Array(repeating: "a", count: 33), ["a,b"], [""]] {
                await #expect(throws: Fault.self) {
                    try await client.pipeline(stages, RawContent([]))
                }
            }
            #expect(bus.seen.count == 1)
        }
    }

    @Test("S5-40 a broadcast says how many it went to and its number")
    func broadcast() async throws {
        try await ScriptedBus.run { bus, message in
            bus.answer(message, .response, ["instances": 3, "sequence": 17])
        } _: { bus, client in
            let receipt = try await client.broadcast(to: "*", "reload")
            #expect(receipt.instances == 3)
            #expect(receipt.sequence == 17)
            let asked = try #require(bus.seen.first?.envelope)
            #expect(asked.type == .broadcast)
            #expect(asked.receiver == "*")
            #expect(asked.headers.isEmpty)
            #expect(asked.delivery == .volatile)
            let large = RawContent([UInt8](repeating: 0x20, count: (48 << 10) + 1))
            let fault = await #expect(throws: Fault.self) {
                try await client.broadcast(to: "cost", large)
            }
            #expect(fault?.has(WireCode.tooLarge) == true)
        }
    }

    @Test("S2-64 a fan-out and an acknowledged broadcast ask for all answers at once")
    func gathering() async throws {
        try await ScriptedBus.run { bus, message in
            bus.answer(message, .response, GatheringTests.threeOfFour)
        } _: { bus, client in
            let some = try await client.fanOut(to: ["cost", "risk"], 1, timeout: .seconds(3))
            #expect(some.successRate == 0.75)
            let all = try await client.broadcastAcknowledged(to: "cost", 1)
            #expect(all.asked == 4)
            let asked = bus.seen.map(\.envelope)
            #expect(asked.map(\.type) == [.broadcast, .broadcast])
            #expect(asked.map(\.receiver) == ["", "cost"])
            #expect(
                asked.map(\.headers) == [["agents": "cost,risk"], ["broadcast": "acknowledged"]])
            #expect(asked[0].budget == 3000)
        }
    }

    @Test("options that cannot be are refused before anything is sent")
    func options() async throws {
        try await ScriptedBus.run { _, _ in
        } _: { bus, client in
            for options in [
                CallOptions(priority: 10), CallOptions(priority: -1), CallOptions(id: "a b"),
                CallOptions(headers: ["a": String(repeating: "x", count: 2048)]),
            ] {
                await #expect(throws: Fault.self) {
                    try await client.call("a", RawContent([]), options: options)
                }
            }
            #expect(bus.seen.isEmpty)
        }
    }
}
