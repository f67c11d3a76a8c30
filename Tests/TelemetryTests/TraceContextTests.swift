import Telemetry
import TestKit
import Testing

@Suite("TraceContext") struct TraceContextTests {
    private static let trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    private static let good = "00-\(trace)-00f067aa0ba902b7-01"

    @Test("what is read is written again", arguments: ["00", "01"])
    func roundTrip(flags: String) throws {
        let text = "00-\(Self.trace)-00f067aa0ba902b7-\(flags)"
        let context = try #require(TraceContext(traceparent: text))
        #expect(context.description == text)
        #expect(context.traceID == Self.trace)
        #expect(context.span == 0x00f0_67aa_0ba9_02b7)
        #expect(context.isSampled == (flags == "01"))
    }

    @Test(
        "what the specification calls invalid gives nothing",
        arguments: [
            "", "00", "00-\(trace)-00f067aa0ba902b7", "00-\(trace)-00f067aa0ba902b7-0",
            "\(good)0", "\(good)-", "\(good) ", " \(good)",
            "ff-\(trace)-00f067aa0ba902b7-01",
            "0g-\(trace)-00f067aa0ba902b7-01",
            "00-\(trace.uppercased())-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-\(trace)-0000000000000000-01",
            "00_\(trace)_00f067aa0ba902b7_01",
            "00-\(trace)-00f067aa0ba902b7-0x",
            "00-4bf92f3577b34da6a3ce929d0e0e47-600f067aa0ba902b7-01",
            "01\(good.dropFirst(2))x",
            "00-4bf92f3577b34da6a3ce929d0e0e473é-00f067aa0ba902b7-1",
        ])
    func invalid(text: String) {
        #expect(TraceContext(traceparent: text) == nil)
    }

    @Test("a later version is read as far as this one goes", arguments: ["", "-", "-more"])
    func laterVersion(rest: String) throws {
        let context = try #require(TraceContext(traceparent: "cc\(Self.good.dropFirst(2))\(rest)"))
        #expect(context.description == Self.good)
    }

    @Test("of the flags only the sampled one is passed on")
    func flags() throws {
        let context = try #require(TraceContext(traceparent: "\(Self.good.dropLast(2))ff"))
        #expect(context.description == Self.good)
    }

    @Test("a child keeps the trace and has a span of its own")
    func child() throws {
        var random = SplitMix64(seed: 7)
        let parent = TraceContext(
            random.next(), random.next(), span: random.next(), isSampled: true)
        let child = parent.child(call: 1)
        #expect(child != parent.child(call: 2))
        #expect(child.traceID == parent.traceID)
        #expect(child.span != parent.span)
        #expect(child.isSampled)
        #expect(TraceContext(traceparent: child.description) == child)
    }

    @Test("a child is found again from its step and attempt, and no two of them are the same")
    func placed() throws {
        let parent = try #require(TraceContext(traceparent: Self.good))
        var seen: Set<UInt64> = [parent.span]
        for step in UInt32(0)..<40 {
            for attempt in UInt32(0)..<40 {
                let child = parent.child(step: step, attempt: attempt)
                #expect(child == parent.child(step: step, attempt: attempt))
                #expect(child.traceID == parent.traceID && child.isSampled == parent.isSampled)
                #expect(seen.insert(child.span).inserted)
                #expect(TraceContext(traceparent: child.description) == child)
            }
        }
        #expect(parent.child(step: 1, attempt: 2).spanID.count == 16)
    }
}
