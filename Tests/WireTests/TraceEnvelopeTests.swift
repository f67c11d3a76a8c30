import Telemetry
import TestKit
import Testing

@testable import Wire

/// A trace context as a field of an envelope.
@Suite struct TraceEnvelopeTests {
    @Test(
        "a context that is appended is read as it is",
        arguments: [
            "00-00000000000000000000000000000001-0000000000000001-00",
            "00-ffffffffffffffffffffffffffffffff-ffffffffffffffff-01",
            "00-0123456789abcdeffedcba9876543210-09af90fa9f0af0a9-01",
        ])
    func roundTrip(_ text: String) throws {
        let context = try #require(TraceContext(traceparent: text))
        var bytes = Envelope(.request).encoded()
        context.append(toEnvelope: &bytes)
        let envelope = try Envelope(decoding: bytes)
        #expect(envelope.traceparent == text)
        #expect(try unsafe EnvelopeView(bytes.span.bytes).trace == context)
    }

    @Test("any numbers come out as their digits")
    func random() throws {
        var random = SplitMix64(seed: 3)
        for _ in 0..<500 {
            let context = TraceContext(random.next(), random.next(), span: random.next())
            var bytes: [UInt8] = []
            context.append(toEnvelope: &bytes)
            #expect(bytes.dropFirst(3).elementsEqual(context.description.utf8))
        }
    }
}
