import Reactor
import Testing

@testable import WorkerKit

@Suite("When the calls of a load at a fixed rate are due")
struct LoadPaceTests {
    private static func moment(_ microseconds: Int) -> Instant {
        Instant.zero + .seconds(5) + .microseconds(microseconds)
    }

    /// How many calls a sender makes that asks now.
    private static func count(_ pace: inout LoadPace, at microseconds: Int) -> Int {
        var count = 0
        while pace.next(at: moment(microseconds)) != nil { count += 1 }
        return count
    }

    @Test("so many calls are due each second, evenly, and each is given once")
    func steady() {
        var pace = LoadPace(rate: 20_000, from: Self.moment(0))
        #expect(Self.count(&pace, at: 0) == 1)
        #expect(Self.count(&pace, at: 49) == 0)
        #expect(Self.count(&pace, at: 50) == 1)
        #expect(Self.count(&pace, at: 1000) == 19)
        #expect(Self.count(&pace, at: 1000) == 0)
        #expect(Self.count(&pace, at: 1_000_000) == 19_980)
    }

    @Test("nothing is due before the beginning")
    func before() {
        var pace = LoadPace(rate: 1000, from: Self.moment(0))
        #expect(pace.drop(at: Self.moment(-200_000)) == 0)
        #expect(Self.count(&pace, at: -1) == 0)
    }

    @Test("a call is given with the moment at which it was due, not that of the asking")
    func moments() {
        var pace = LoadPace(rate: 3, from: Self.moment(0))
        let late = Self.moment(2_000_000)
        let due = (0..<4).map { _ in pace.next(at: late) }
        #expect(due.first == .some(Self.moment(0)))
        #expect(due.last == .some(Self.moment(1_000_000)))
    }

    @Test("a hiccup is made up for; what is due longer than the backlog allows is dropped")
    func backlog() {
        var pace = LoadPace(rate: 1000, from: Self.moment(0))
        #expect(pace.drop(at: Self.moment(90_000)) == 0)
        #expect(Self.count(&pace, at: 90_000) == 91)
        #expect(pace.drop(at: Self.moment(1_090_000)) == 899)
        #expect(Self.count(&pace, at: 1_090_000) == 101)
        #expect(pace.drop(at: Self.moment(1_090_000)) == 0)
    }

    @Test(
        "a load of any rate and length neither overflows nor runs dry",
        arguments: [1, 7, 999_983, 1_000_000])
    func long(rate: Int) {
        var pace = LoadPace(rate: rate, from: Self.moment(0))
        let day = Self.moment(0) + .seconds(86_400)
        let dropped = pace.drop(at: day)
        #expect(dropped >= rate * 86_399)
        #expect(pace.next(at: day) != nil)
    }
}
