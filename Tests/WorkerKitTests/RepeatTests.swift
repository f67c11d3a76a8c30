import Bus
import Document
import Reactor
import Telemetry
import Testing
import Wire

@testable import WorkerKit

/// A durable call is said again under its id, wherever and whenever that may help.
@Suite struct RepeatTests {
    private static func refuse(
        _ bus: ScriptedBus, _ message: AgentMessage, _ code: String, after delay: UInt64
    ) {
        bus.answer(message, .error) {
            $0.error = WireError(
                code: code, message: "state unknown", retryable: true, retryAfter: delay)
        }
    }

    @Test("whoever cannot keep it says when, and gets it again as it was")
    func comesBack() async throws {
        try await ScriptedBus.run { bus, message in
            if bus.seen.count < 3 {
                Self.refuse(bus, message, "unavailable", after: 1)
            } else {
                bus.answer(message, .response, 7)
            }
        } _: { bus, client in
            let answer = try await client.call("cost", 1, as: Int.self, options: .id("order-1"))
            #expect(answer == 7)
            #expect(bus.seen.map(\.envelope.requestID) == ["order-1", "order-1", "order-1"])
            #expect(Set(bus.seen).count == 1)
        }
    }

    @Test(
        "it is told at once where coming back is no use",
        arguments: [("busy", UInt64(1)), ("unavailable", 0), ("unavailable", 3_600_000)])
    func told(code: String, delay: UInt64) async throws {
        try await ScriptedBus.run { bus, message in
            Self.refuse(bus, message, code, after: delay)
        } _: { bus, client in
            let fault = await #expect(throws: Fault.self) {
                try await client.call("cost", 1, as: Int.self)
            }
            #expect(fault?.code.rawValue == code)
            #expect(bus.seen.count == 1)
        }
    }

    @Test("whoever gives up what it had accepted is asked again for what counts")
    func givenUp() async throws {
        try await ScriptedBus.run { bus, message in
            bus.answer(message, .accepted)
            if bus.seen.count == 1 {
                Self.refuse(bus, message, "unavailable", after: 0)
            } else {
                bus.answer(message, .response, 7)
            }
        } _: { bus, client in
            let answer = try await client.call("cost", 1, as: Int.self)
            #expect(answer == 7)
            #expect(Set(bus.seen).count == 1 && bus.seen.count == 2)
        }
    }

    @Test("a volatile call is not said again")
    func volatile() async throws {
        try await ScriptedBus.run { bus, message in
            Self.refuse(bus, message, "unavailable", after: 1)
        } _: { bus, client in
            await #expect(throws: Fault.self) {
                try await client.call("cost", 1, as: Int.self, options: .volatile)
            }
            #expect(bus.seen.count == 1)
        }
    }

    @Test("a call that is due again has no link from then on, unless it was accepted")
    func table() throws {
        var calls = CallTable(prefix: MessageNumber(prefix: "abcdef"))
        let request = CallRequest(agent: "cost", content: RawContent([]))
        let end = Instant.zero + .seconds(60)
        let slots = (0..<2).compactMap { _ in
            calls.add(request, deadline: end, onNews: nil, onEnd: { _ in })
        }
        try #require(slots.count == 2)
        for slot in slots {
            calls[slot].link = LinkID(number: 0)
            calls.repeats(slot, at: .zero + .seconds(5))
        }
        #expect(calls.nextDeadline == .zero + .seconds(5))
        calls[slots[1]].again = .distantFuture
        calls.takeRepeats(at: .zero + .seconds(4))
        #expect(calls.unsent.isEmpty)
        calls.takeRepeats(at: .zero + .seconds(5))
        #expect(calls.unsent == [slots[0]])
        let late = calls.takeLook(at: .zero + .seconds(6))
        #expect(late.isEmpty && calls.nextDeadline == end)
    }

    @Test("a call that was told to come back goes nowhere before")
    func held() throws {
        var calls = CallTable(prefix: MessageNumber(prefix: "abcdef"))
        let request = CallRequest(agent: "cost", content: RawContent([]))
        let added = calls.add(
            request, deadline: .zero + .seconds(60), onNews: nil, onEnd: { _ in })
        let slot = try #require(added)
        #expect(calls.unsent == [slot])
        calls[slot].isHeld = true
        calls.repeats(slot, at: .zero + .seconds(1))
        #expect(calls.unsent.isEmpty)
        calls.takeRepeats(at: .zero + .seconds(1))
        #expect(calls.unsent == [slot])
    }
}
