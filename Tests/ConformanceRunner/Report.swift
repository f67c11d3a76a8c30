/// What came of everything that was played, in words and in numbers.
struct Report: Sendable {
    enum Verdict: Sendable {
        case passed
        case failed([String])
        /// Everything came as it should, but not when it should.
        case late([String])
        /// A cluster cannot show it, for this reason; tests of the engine do.
        case engineOnly(String)
    }

    private(set) var passed = 0
    private(set) var failed = 0
    private(set) var engineOnly: [String] = []
    private(set) var skipped = 0

    /// Tells how a part, or a file of one, came out.
    mutating func add(_ title: String, _ results: [(name: String, verdict: Verdict)]) {
        var (good, bad) = (0, 0)
        var lines: [String] = []
        for (name, verdict) in results {
            switch verdict {
            case .passed: good += 1
            case .failed(let reasons), .late(let reasons):
                bad += 1
                lines.append("  FAIL \(name)")
                lines += reasons.map { "       \($0)" }
            case .engineOnly(let reason): engineOnly.append("\(title): \(name): \(reason)")
            }
        }
        passed += good
        failed += bad
        print("\(bad == 0 ? "ok  " : "FAIL") \(title): \(good) of \(good + bad)")
        for line in lines { print(line) }
    }

    mutating func skip(_ part: String, _ reason: String) {
        skipped += 1
        print("skipped: \(part): \(reason)")
    }

    func close(_ seconds: Double) {
        for line in engineOnly { print("engine only: \(line)") }
        let tenths = (seconds * 10).rounded() / 10
        print("\(engineOnly.count) engine only, \(tenths) s")
        print("\(passed) passed, \(failed) failed")
    }
}
