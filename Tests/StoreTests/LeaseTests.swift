import Reactor
import Testing

@testable import Store

/// The lease as a table of what happened and what is asked then.
@Suite struct LeaseTests {
    private static let first = Lease.Action.renew(me: "b#7", generation: "g")

    private func at(_ milliseconds: Int) -> Instant {
        Instant(nanoseconds: Int64(milliseconds) * 1_000_000)
    }

    /// A lease that was registered at 0 as `b#7`.
    private func registered() -> Lease {
        var lease = Lease(name: "b", fence: .milliseconds(3500))
        #expect(lease.handle(.linked(run: "r1"), at: at(0)) == .register)
        #expect(lease.handle(.registered(epoch: 7, generation: "g"), at: at(5)) == nil)
        return lease
    }

    @Test("it registers once it is linked, and is renewed from then on, one thing at a time")
    func begins() {
        var lease = Lease(name: "b", fence: .milliseconds(3500))
        #expect(lease.handle(.tick, at: at(0)) == nil)
        #expect(!lease.isLive)
        #expect(lease.handle(.linked(run: "r1"), at: at(1)) == .register)
        #expect(lease.handle(.tick, at: at(2)) == nil)
        #expect(lease.handle(.registered(epoch: 7, generation: "g"), at: at(5)) == nil)
        #expect(lease.isLive && lease.me == "b#7")
        #expect(lease.handle(.tick, at: at(250)) == Self.first)
        #expect(lease.handle(.tick, at: at(500)) == nil)
        #expect(lease.handle(.renewed, at: at(501)) == nil)
        #expect(lease.handle(.tick, at: at(750)) == Self.first)
        #expect(lease.renewals == 1)
    }

    @Test("F19 G14 it stops by itself when so long ago the last renewal that succeeded was sent")
    func fences() {
        var lease = registered()
        #expect(lease.fencedAt == at(3500))
        #expect(lease.handle(.tick, at: at(250)) == Self.first)
        #expect(lease.handle(.renewed, at: at(3000)) == nil)
        #expect(lease.fencedAt == at(3750))
        #expect(lease.handle(.tick, at: at(3749)) == Self.first)
        #expect(lease.isLive)
        #expect(lease.handle(.tick, at: at(3750)) == nil)
        #expect(!lease.isLive && lease.isFenced)
    }

    @Test("an answer that comes late does not bring back what is over when it comes")
    func late() {
        var lease = registered()
        #expect(lease.handle(.tick, at: at(1000)) == Self.first)
        #expect(lease.handle(.renewed, at: at(5000)) == nil)
        #expect(lease.isFenced)
        #expect(lease.handle(.tick, at: at(5001)) == Self.first)
        #expect(lease.handle(.renewed, at: at(5002)) == nil)
        #expect(lease.isLive && lease.me == "b#7")
    }

    @Test("a lost lease is taken anew, and not before the earlier self owns nothing")
    func lost() {
        var lease = registered()
        #expect(lease.handle(.tick, at: at(250)) == Self.first)
        #expect(lease.handle(.lost, at: at(251)) == .register)
        #expect(!lease.isLive && lease.me == nil)
        #expect(lease.handle(.registered(epoch: 9, generation: "g"), at: at(252)) == nil)
        #expect(!lease.isLive && lease.former == ["b#7"])
        #expect(lease.handle(.tick, at: at(500)) == .renew(me: "b#9", generation: "g"))
        #expect(lease.handle(.reclaimed("b#7"), at: at(501)) == nil)
        #expect(lease.isLive && lease.epoch == 9)
    }

    @Test("F20 a server that started anew gives out no number twice")
    func restarted() {
        var lease = registered()
        #expect(lease.handle(.cut, at: at(100)) == nil)
        #expect(lease.isLive)
        #expect(lease.handle(.linked(run: "r2"), at: at(200)) == .floor(7))
        #expect(lease.handle(.cut, at: at(201)) == nil)
        #expect(lease.handle(.linked(run: "r2"), at: at(300)) == .floor(7))
        #expect(lease.handle(.floored, at: at(301)) == .register)
        #expect(lease.handle(.registered(epoch: 1008, generation: "g"), at: at(302)) == nil)
        #expect(lease.former == ["b#7"])
        #expect(lease.handle(.reclaimed("b#7"), at: at(303)) == nil)
        #expect(lease.isLive && lease.me == "b#1008")
    }

    @Test("a connection that comes back to the same server renews at once")
    func relinked() {
        var lease = registered()
        #expect(lease.handle(.tick, at: at(250)) == Self.first)
        #expect(lease.handle(.cut, at: at(260)) == nil)
        #expect(lease.handle(.failed, at: at(261)) == nil)
        #expect(lease.handle(.tick, at: at(500)) == nil)
        #expect(lease.handle(.linked(run: "r1"), at: at(600)) == Self.first)
    }

    @Test("data that is not what was left there ends everything", arguments: [false, true])
    func wiped(atRegistration: Bool) {
        var lease = registered()
        if atRegistration {
            #expect(lease.handle(.linked(run: "r2"), at: at(100)) == .floor(7))
            #expect(lease.handle(.floored, at: at(101)) == .register)
            #expect(lease.handle(.registered(epoch: 1, generation: "h"), at: at(102)) == nil)
        } else {
            #expect(lease.handle(.tick, at: at(250)) == Self.first)
            #expect(lease.handle(.wiped, at: at(251)) == nil)
        }
        #expect(lease.isWiped && !lease.isLive)
        #expect(lease.handle(.tick, at: at(500)) == nil)
        #expect(lease.handle(.linked(run: "r3"), at: at(600)) == nil)
    }

    @Test("what was refused is asked again with the next tick")
    func failed() {
        var lease = Lease(name: "b", fence: .milliseconds(3500))
        #expect(lease.handle(.linked(run: "r1"), at: at(1)) == .register)
        #expect(lease.handle(.failed, at: at(2)) == nil)
        #expect(lease.handle(.tick, at: at(250)) == .register)
    }

    @Test("no order of events makes a lease live without a registration, or after its end")
    func impossible() {
        let events: [Lease.Event] = [
            .renewed, .floored, .lost, .reclaimed("x"), .failed, .cut, .tick,
        ]
        var lease = Lease(name: "b", fence: .milliseconds(3500))
        for (place, event) in (events + events.reversed()).enumerated() {
            _ = lease.handle(event, at: at(place))
            #expect(!lease.isLive)
        }
    }
}
