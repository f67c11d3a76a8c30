/// How slow the answers of an agent's instances usually are at the slow end, computed now and then.
struct Slowness {
    /// Answers after which it is computed anew; sooner while too little is known.
    private static let usual = 64
    private static let early = 8

    private(set) var typical: Duration?
    private var age = early

    var isOld: Bool { age >= (typical == nil ? Self.early : Self.usual) }

    mutating func answered() { age += 1 }

    /// Takes the middle one of the instances: of two the faster one.
    mutating func renew(_ slowEnds: [Duration]) {
        age = 0
        typical = slowEnds.isEmpty ? nil : slowEnds.sorted()[(slowEnds.count - 1) / 2]
    }
}
