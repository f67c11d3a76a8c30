/// The name of one execution of one task within a run: where the task stands, and which iteration,
/// attempt and lap it is. The same run over the same journal makes the same keys.
///
/// `/do/2/loop/do/0/call#7` is the eighth iteration; `#7.1` the second attempt in it; `~0:2` the
/// third time that control came by in the list at depth 0. What an extension or a function does
/// stands behind the key of its caller and a `>`. `[3]` is the fourth call of a fan-out.
package struct StepKey: Sendable, Hashable, Comparable, CustomStringConvertible {
    package let text: String

    package init(_ text: String) { self.text = text }

    package var description: String { text }

    package static func < (left: StepKey, right: StepKey) -> Bool { left.text < right.text }

    /// The number under which workers and the store know a step of a durable run, unless another
    /// step has it already.
    package var ordinal: UInt32 {
        let hash = text.utf8.reduce(UInt32(2_166_136_261)) { ($0 ^ UInt32($1)) &* 16_777_619 }
        return hash & 0x3fff_ffff | 0x4000_0000
    }

    func part(_ position: Int) -> StepKey { StepKey("\(text)[\(position)]") }

    /// Timers have keys of their own, because a task and its timeout wait at the same time.
    var timeout: StepKey { StepKey(text + "!timeout") }
    var retry: StepKey { StepKey(text + "!retry") }
    var due: StepKey { StepKey(text + "!due") }
    var attempt: StepKey { StepKey(text + "!attempt") }
}
