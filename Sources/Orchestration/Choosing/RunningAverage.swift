/// Running averages of what an instance does: exact over its first answers, then the older ones
/// fade.
struct RunningAverage {
    /// The share a new value gets at least.
    private static let least = 1.0 / 32

    private(set) var value: Double
    private(set) var samples = 0

    /// What holds until the first value comes.
    init(atFirst value: Double) { self.value = value }

    mutating func add(_ sample: Double) {
        samples += 1
        value += (sample - value) * max(1 / Double(samples), Self.least)
    }
}
