import Telemetry
import Testing
import Wire

@Suite("An error on the wire")
struct ErrorTests {
    struct Case: Sendable {
        let retry: Retry
        let retryable: Bool
        let retryAfter: UInt64
    }

    @Test(
        "says whether and when to try again, there and back",
        arguments: [
            Case(retry: .never, retryable: false, retryAfter: 0),
            Case(retry: .now, retryable: true, retryAfter: 0),
            Case(retry: .after(.milliseconds(1500)), retryable: true, retryAfter: 1500),
        ])
    func retries(_ row: Case) {
        let error = WireError(Fault(WireCode.busy, "all instances are busy", retry: row.retry))
        #expect(error.code == "busy")
        #expect(error.retryable == row.retryable)
        #expect(error.retryAfter == row.retryAfter)
        #expect(error.fault.retry == row.retry)
        #expect(error.fault.has(WireCode.busy))
        #expect(error.fault.message == "all instances are busy")
    }

    @Test("carries details for programs there and back, and leaves out what has no room")
    func details() throws {
        var envelope = Envelope(.fail)
        envelope.error = WireError(
            code: "problem", message: "404", details: #"{"status":404,"title":"Not Found"}"#)
        #expect(try Envelope(decoding: envelope.encoded()).error == envelope.error)
        let long = String(repeating: "x", count: WireLimits.details + 1)
        #expect(WireError(code: "problem", message: "", details: long).details.isEmpty)
        let fault = WireError(code: "problem", message: "404", details: "{}").fault
        #expect(fault.details == "{}")
        #expect(WireError(fault).details == "{}")
    }

    @Test("keeps a code it has no word for")
    func foreign() {
        let fault = WireError(code: "quota_of_agent", message: "").fault
        #expect(fault.code.rawValue == "quota_of_agent")
        #expect(fault.has(ForeignCode(rawValue: "quota_of_agent")))
    }

    @Test("B12 with any hint at all makes a fault")
    func extremes() {
        let error = WireError(code: "busy", message: "", retryable: true, retryAfter: .max)
        #expect(error.fault.retry == .after(.milliseconds(Int64.max)))
    }
}
