import Telemetry

/// How often and after which wait a failed attempt is made again.
package struct RetryPolicy: Sendable, Hashable {
    package enum Backoff: String, Sendable, Hashable, CaseIterable {
        /// Anything between nothing and the exponential wait, so that those who failed together
        /// do not come back together.
        case fullJitter = "full_jitter"
        case exponential, fixed
    }

    /// Retries after the first attempt.
    package var limit = 3
    package var backoff = Backoff.fullJitter
    package var delay = Duration.milliseconds(100)
    package var longest = Duration.seconds(10)
    /// Retries, as a share of the successes of a minute.
    package var budget = 0.1

    package init() {}
}

extension RetryPolicy {
    /// The wait before a retry, which are counted from 1; nothing when there is to be none: the
    /// limit is reached, the failure is final, or the wait would outlast what is left of the
    /// deadline. A wait the failed agent asked for is never shortened.
    func wait(
        before retry: Int, asked: Retry, left: Duration, dice: inout Dice
    ) -> Duration? {
        guard retry >= 1, retry <= limit else { return nil }
        let wait: Duration
        switch asked {
        case .never: return nil
        case .now: wait = own(retry, &dice)
        case .after(let hint): wait = max(hint, own(retry, &dice))
        }
        return wait < left ? wait : nil
    }

    private func own(_ retry: Int, _ dice: inout Dice) -> Duration {
        switch backoff {
        case .fixed: min(delay, longest)
        case .exponential: ceiling(retry)
        case .fullJitter: ceiling(retry) * dice.share()
        }
    }

    /// The doubled wait, held at the longest before it can overflow.
    private func ceiling(_ retry: Int) -> Duration {
        var wait = min(delay, longest)
        for _ in 1..<retry where wait < longest { wait = min(wait * 2, longest) }
        return wait
    }
}
