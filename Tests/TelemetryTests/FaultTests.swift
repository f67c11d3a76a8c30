import Telemetry
import Testing

@Suite("Fault") struct FaultTests {
    private enum Left: String, FaultCode { case busy, gone }
    private enum Right: String, FaultCode { case busy }

    @Test("a fault reads as its place, what to do and the cause")
    func description() {
        let cause = Fault(Left.gone, "start it again")
        #expect(Fault(Left.busy, "try later").description == "try later")
        #expect(Fault(Left.busy, "try later", at: "cost#3").description == "cost#3: try later")
        let caused = Fault(Left.busy, "try later", at: "cost#3", cause: cause)
        #expect(caused.description == "cost#3: try later (start it again)")
    }

    @Test("codes of the same word from two modules are two codes")
    func codes() {
        let fault = Fault(Left.busy, "try later")
        #expect(fault.has(Left.busy))
        #expect(!fault.has(Left.gone))
        #expect(!fault.has(Right.busy))
        #expect(fault.code.rawValue == "busy")
    }

    @Test("a fault is not retried unless it says so")
    func retry() {
        #expect(Fault(Left.busy, "try later").retry == .never)
        let hinted = Fault(Left.busy, "try later", retry: .after(.seconds(1)))
        #expect(hinted.retry == .after(.seconds(1)))
    }
}
