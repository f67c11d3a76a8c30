import Telemetry

/// Numbers that look random and are the same for the same seed: a choice made by them can be made
/// again. Never for keys.
struct Dice: RandomNumberGenerator, Sendable {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    /// The first number of this seed: a better seed than itself, where seeds are alike.
    var first: UInt64 {
        var copy = self
        return copy.next()
    }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    /// A number from 0 to below the bound, which is at least 1.
    mutating func roll(_ bound: Int) -> Int {
        Int(truncatingIfNeeded: next().multipliedFullWidth(by: UInt64(bound)).high)
    }

    /// A trace that nobody else has.
    mutating func trace() -> TraceContext { TraceContext(next(), next(), span: next()) }

    /// A number from 0 to below 1.
    mutating func share() -> Double { Double(next() >> 11) * 0x1p-53 }
}
