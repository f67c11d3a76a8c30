import Reactor
import Testing

@testable import Orchestration

/// The breaker, as tables of what happens and what it must say.
@Suite struct BreakerTests {
    /// What happens at a second, and what must hold then.
    enum Step: Sendable {
        case fails(Double, Breaker.State, Int)
        case succeeds(Double, Breaker.State, Int)
        case rejects(Double)
    }

    private func moment(_ seconds: Double) -> Instant {
        Instant(nanoseconds: 1_000_000_000_000 + Int64((seconds * 1e9).rounded()))
    }

    private func play(_ steps: [Step], _ policy: BreakerPolicy = BreakerPolicy()) -> Breaker {
        var breaker = Breaker(policy)
        for step in steps {
            switch step {
            case .fails(let second, let state, let failures):
                let isAdmitted = breaker.admits(at: moment(second))
                #expect(isAdmitted, "\(step)")
                breaker.began(at: moment(second))
                _ = breaker.failed(at: moment(second))
                #expect(breaker.state == state && breaker.failures == failures, "\(step)")
            case .succeeds(let second, let state, let failures):
                let isAdmitted = breaker.admits(at: moment(second))
                #expect(isAdmitted, "\(step)")
                breaker.began(at: moment(second))
                _ = breaker.succeeded(at: moment(second))
                #expect(breaker.state == state && breaker.failures == failures, "\(step)")
            case .rejects(let second):
                let isAdmitted = breaker.admits(at: moment(second))
                #expect(!isAdmitted, "\(step)")
            }
        }
        return breaker
    }

    private static let five: [Step] = [
        .fails(0, .closed, 1), .fails(1, .closed, 2), .fails(2, .closed, 3), .fails(3, .closed, 4),
        .fails(4, .open, 5),
    ]

    @Test(
        "S2-77 S2-78 S2-80 five failures open it for more than 60 s, exactly 60 s are too few",
        arguments: [BreakerPolicy.Counting.consecutive, .cumulative])
    func opens(_ counting: BreakerPolicy.Counting) {
        var policy = BreakerPolicy()
        policy.counting = counting
        let breaker = play(
            Self.five + [.rejects(5), .rejects(64), .succeeds(64.001, .closed, 0)], policy)
        let admits = breaker.admits(at: moment(64.002))
        #expect(admits)
    }

    @Test("S2-79 S2-80 a failed probe opens it again")
    func probeFails() {
        _ = play(
            Self.five + [
                .fails(70, .open, 6), .rejects(71), .rejects(130), .succeeds(130.001, .closed, 0),
                .fails(131, .closed, 1),
            ])
    }

    @Test("E10 S2-80 a success begins the count anew, unless the counting is cumulative")
    func counting() {
        let four = Array(Self.five.dropLast())
        _ = play(four + [.succeeds(4, .closed, 0), .fails(5, .closed, 1)])
        var literal = BreakerPolicy()
        literal.counting = .cumulative
        _ = play(four + [.succeeds(4, .closed, 4), .fails(5, .open, 5)], literal)
    }

    @Test("E11 one probe at a time, or as many as are allowed")
    func probes() {
        for allowed in 1...3 {
            var policy = BreakerPolicy()
            policy.halfOpenProbes = allowed
            var breaker = play(Self.five, policy)
            let now = moment(65)
            var begun = 0
            while breaker.admits(at: now), begun < 10 {
                breaker.began(at: now)
                begun += 1
            }
            #expect(begun == allowed)
            breaker.gaveUp(since: now)
            let admitsAnother = breaker.admits(at: now)
            #expect(admitsAnother && breaker.state == .halfOpen)
        }
    }

    @Test("what opens and closes is told, once each")
    func changes() {
        var breaker = Breaker()
        for second in 0..<4 {
            let change = breaker.failed(at: moment(Double(second)))
            #expect(change == nil)
        }
        let opened = breaker.failed(at: moment(4))
        #expect(opened == .opened(retryAfter: .seconds(60)))
        let late = breaker.failed(at: moment(4))
        #expect(late == nil)
        let left = breaker.retryAfter(at: moment(14))
        #expect(left == .seconds(50) + .nanoseconds(1))
        breaker.began(at: moment(70))
        let closed = breaker.succeeded(at: moment(71))
        #expect(closed == .closed)
        let again = breaker.succeeded(at: moment(71))
        #expect(again == nil && breaker.retryAfter(at: moment(71)) == nil)
    }

    @Test("what began before it opened proves nothing, neither for it nor against it")
    func lateAnswers() {
        var breaker = play(Self.five)
        _ = breaker.failed(at: moment(60), since: moment(1))
        let admits = breaker.admits(at: moment(64.001))
        #expect(admits && breaker.failures == 5)
        breaker.began(at: moment(65))
        let late = breaker.succeeded(at: moment(65), since: moment(2))
        #expect(late == nil && breaker.state == .halfOpen)
        breaker.gaveUp(since: moment(2))
        let isTaken = !breaker.admits(at: moment(65))
        #expect(isTaken)
        let closed = breaker.succeeded(at: moment(66), since: moment(65))
        #expect(closed == .closed)
    }

    @Test("news from a peer open it here, and ease it again")
    func news() {
        var breaker = Breaker()
        breaker.forced(openUntil: moment(30), at: moment(0))
        let left = breaker.retryAfter(at: moment(10))
        #expect(breaker.state == .open && left == .seconds(20) + .nanoseconds(1))
        #expect(!breaker.admits(at: moment(30)) && breaker.admits(at: moment(30.001)))
        breaker.eased()
        #expect(breaker.admits(at: moment(11)) && breaker.state == .halfOpen)
        breaker.began(at: moment(11))
        let closed = breaker.succeeded(at: moment(12), since: moment(11))
        #expect(closed == .closed)
        breaker.forced(openUntil: moment(5), at: moment(20))
        #expect(breaker.state == .closed)
    }

    @Test("S2-86 switched off it lets everything through")
    func disabled() {
        var policy = BreakerPolicy()
        policy.enabled = false
        var breaker = Breaker(policy)
        for _ in 0..<10 { _ = breaker.failed(at: moment(0)) }
        breaker.forced(openUntil: moment(100), at: moment(0))
        #expect(breaker.state == .closed && breaker.admits(at: moment(1)))
    }

    @Test("a breaker that is switched off while it is open lets everything through, also later")
    func switchedOff() {
        var breaker = play(Self.five)
        var policy = BreakerPolicy()
        policy.enabled = false
        breaker.adopt(policy)
        #expect(breaker.admits(at: moment(5)) && breaker.state == .closed)
        policy.enabled = true
        policy.failureThreshold = 1
        breaker.adopt(policy)
        let change = breaker.failed(at: moment(6))
        #expect(change == .opened(retryAfter: .seconds(60)))
    }

    @Test("impossible events leave it as it is")
    func impossible() {
        var breaker = Breaker()
        breaker.gaveUp()
        breaker.eased()
        breaker.began(at: moment(0))
        #expect(breaker.state == .closed && breaker.probes == 0)
        breaker = play(Self.five)
        let change = breaker.succeeded(at: moment(5))
        #expect(change == nil && breaker.state == .open)
        breaker.gaveUp()
        #expect(breaker.state == .open && breaker.probes == 0)
    }
}
