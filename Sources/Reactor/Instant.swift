import CEvent
import Glibc

/// A moment of the monotonic clock, in nanoseconds. It orders what this process does and means
/// nothing to another process; arithmetic saturates, so that no duration from outside can trap.
public struct Instant: InstantProtocol, Hashable, Sendable {
    package let nanoseconds: Int64

    package init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    /// Later than everything: a deadline that never comes.
    package static let distantFuture = Instant(nanoseconds: .max)

    /// Asks the kernel. On the loop prefer `EventLoop.now`, which asks once a tick.
    package static func current() -> Instant {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return Instant(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
    }

    public func advanced(by duration: Duration) -> Instant {
        let step = duration.wholeNanoseconds
        let (sum, overflow) = nanoseconds.addingReportingOverflow(step)
        return Instant(nanoseconds: overflow ? (step < 0 ? .min : .max) : sum)
    }

    public func duration(to other: Instant) -> Duration {
        let (gap, overflow) = other.nanoseconds.subtractingReportingOverflow(nanoseconds)
        return .nanoseconds(overflow ? (other < self ? .min : .max) : gap)
    }

    public static func < (left: Instant, right: Instant) -> Bool {
        left.nanoseconds < right.nanoseconds
    }
}

extension Duration {
    /// The duration in nanoseconds, held at the ends of `Int64` (292 years).
    package var wholeNanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, carry) = whole.addingReportingOverflow(attoseconds / 1_000_000_000)
        return overflow || carry ? (seconds < 0 ? .min : .max) : sum
    }
}
