import Reactor
import Testing

@testable import Store

/// Taking over from others: nobody is believed dead who was seen so only once.
@Suite struct AdoptionTests {
    private func at(_ milliseconds: Int) -> Instant {
        Instant(nanoseconds: Int64(milliseconds) * 1_000_000)
    }

    private func left(_ name: String) -> Adoption.Candidate {
        Adoption.Candidate(name: name, grace: nil)
    }

    private func dead(_ name: String) -> Adoption.Candidate {
        Adoption.Candidate(name: name, grace: .seconds(3))
    }

    @Test("G6 at first sight only somebody who left may be taken over, after the grace anybody")
    func twoPasses() {
        var adoption = Adoption(grace: .seconds(3))
        #expect(adoption.seen(["a#1"], at: at(0), renewals: 10) == [left("a#1")])
        #expect(
            adoption.seen(["a#1", "b#2"], at: at(2999), renewals: 20) == [left("a#1"), left("b#2")])
        #expect(
            adoption.seen(["a#1", "b#2"], at: at(3000), renewals: 21) == [dead("a#1"), left("b#2")])
    }

    @Test("own renewals must have succeeded twice meanwhile")
    func ownRenewals() {
        var adoption = Adoption(grace: .seconds(3))
        _ = adoption.seen(["a#1"], at: at(0), renewals: 10)
        #expect(adoption.seen(["a#1"], at: at(9000), renewals: 11) == [left("a#1")])
        #expect(adoption.seen(["a#1"], at: at(9001), renewals: 12) == [dead("a#1")])
    }

    @Test("who was lost from sight lately is asked about, and taken over before its lease ends")
    func lostFromSight() {
        var adoption = Adoption(grace: .seconds(3), early: .milliseconds(4500))
        #expect(adoption.missing(at: at(0)) == [])
        adoption.lost("b", at: at(0))
        adoption.lost("a", at: at(5000))
        #expect(adoption.missing(at: at(9999)) == ["a", "b"])
        #expect(
            adoption.candidates(["a#1"])
                == [Adoption.Candidate(name: "a#1", grace: .milliseconds(-4500))])
        adoption.found("a")
        #expect(adoption.missing(at: at(9999)) == ["b"])
        // Another process has the name: only the one before it is missing.
        adoption.replaced("b", by: 7)
        #expect(adoption.candidates(["b#6", "b#7"]).map(\.name) == ["b#6"])
        #expect(adoption.missing(at: at(10_000)) == [])
    }

    @Test("who comes back is believed alive and watched from the beginning")
    func comesBack() {
        var adoption = Adoption(grace: .seconds(3))
        _ = adoption.seen(["a#1"], at: at(0), renewals: 10)
        #expect(adoption.seen([], at: at(1000), renewals: 14) == [])
        #expect(adoption.seen(["a#1", "a#1"], at: at(5000), renewals: 30) == [left("a#1")])
        #expect(adoption.seen(["a#1"], at: at(8000), renewals: 40) == [dead("a#1")])
    }
}
