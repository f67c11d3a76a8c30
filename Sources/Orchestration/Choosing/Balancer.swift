/// What a balancer may know of an agent's instances, each by its place.
protocol Candidates {
    /// How many places look open.
    var openCount: Int { get }
    /// The first place that looks open at or after this one, from the beginning after the end.
    func next(from place: Int) -> Int?
    /// The place that looks open with this many such places before it.
    func place(ranked rank: Int) -> Int?
    /// Whether it may be taken. A place that is not open after all does not look so from now on.
    mutating func admits(_ place: Int) -> Bool
    func load(_ place: Int) -> Int
    func score(_ place: Int) -> Double
    /// What its share of the turns is proportional to, from above 0 to 1.
    func weight(_ place: Int) -> Double
}

/// Chooses who takes the next task of one agent, by one of five algorithms.
///
/// A choice looks at most at `window` candidates, however many there are: with more than that the
/// scanning algorithms look at the next ones in turn, with fewer they are exact. Candidates that
/// turn out not to be had are not counted: each costs one look once, and then looks closed.
struct Balancer {
    static let window = 64

    /// Where the next search begins.
    private(set) var turn = 0
    /// How many candidates were looked at so far.
    private(set) var looks = 0
    /// What each place has saved up towards its next task, below 1.
    private var credits: [Double] = []
    private var dice: Dice

    init(seed: UInt64 = 1) { dice = Dice(seed: seed) }

    /// A place was added behind the last one.
    mutating func append() { credits.append(0) }

    /// A place was taken out, and the last one moved into its stead.
    mutating func removeBySwap(_ place: Int) {
        credits.swapAt(place, credits.count - 1)
        credits.removeLast()
    }

    mutating func choose(
        _ algorithm: BalancingPolicy.Algorithm, from candidates: inout some Candidates
    ) -> Int? {
        switch algorithm {
        case .roundRobin: inTurn(&candidates)
        case .weightedRoundRobin: byCredit(&candidates)
        case .leastConnections: leastLoaded(&candidates)
        case .weighted: highestScore(&candidates)
        case .powerOfTwo: betterOfTwo(&candidates)
        }
    }

    // MARK: - Algorithms

    private mutating func inTurn(_ candidates: inout some Candidates) -> Int? {
        guard let place = find(from: turn, &candidates) else { return nil }
        turn = place + 1
        return place
    }

    /// Each visit adds the weight of a place to its credit; a credit of 1 is a task. The weights
    /// are shares of the best one, so that a few visits are enough; after a whole window the place
    /// with the most credit pays in advance.
    private mutating func byCredit(_ candidates: inout some Candidates) -> Int? {
        var best: Int?
        for _ in 0..<Self.window {
            guard let place = find(from: turn, &candidates) else { return nil }
            turn = place + 1
            credits[place] += candidates.weight(place)
            // A credit summed up from shares may be a hair below what it should be.
            if credits[place] >= 1 - 1e-9 { return pay(place) }
            if best.map({ credits[place] > credits[$0] }) ?? true { best = place }
        }
        return best.map { pay($0) }
    }

    private mutating func pay(_ place: Int) -> Int {
        credits[place] -= 1
        return place
    }

    private mutating func leastLoaded(_ candidates: inout some Candidates) -> Int? {
        var best: (place: Int, load: Int)?
        scan(from: turn, &candidates) { candidates, place in
            let load = candidates.load(place)
            if best.map({ load < $0.load }) ?? true { best = (place, load) }
        }
        if let best { turn = best.place + 1 }
        return best?.place
    }

    private mutating func highestScore(_ candidates: inout some Candidates) -> Int? {
        let isExact = candidates.openCount <= Self.window
        var best: (place: Int, score: Double)?
        var last = turn
        scan(from: isExact ? 0 : turn, &candidates) { candidates, place in
            let score = candidates.score(place)
            if best.map({ score > $0.score }) ?? true { best = (place, score) }
            last = place
        }
        // The next choice looks at the ones behind.
        turn = last + 1
        return best?.place
    }

    private mutating func betterOfTwo(_ candidates: inout some Candidates) -> Int? {
        let count = candidates.openCount
        guard count > 1 else { return find(from: 0, &candidates) }
        let rank = dice.roll(count)
        let other = dice.roll(count - 1)
        let draws = (
            candidates.place(ranked: rank),
            candidates.place(ranked: other < rank ? other : other + 1)
        )
        guard let first = find(from: draws.0 ?? 0, &candidates),
            let second = find(from: draws.1 ?? 0, &candidates)
        else { return nil }
        let loads = (candidates.load(first), candidates.load(second))
        guard loads.0 == loads.1 else { return loads.0 < loads.1 ? first : second }
        return candidates.score(second) > candidates.score(first) ? second : first
    }

    // MARK: - Steps

    /// The next candidate that may be taken.
    private mutating func find(from start: Int, _ candidates: inout some Candidates) -> Int? {
        var place = start
        for _ in 0..<candidates.openCount {
            guard let next = candidates.next(from: place) else { return nil }
            looks += 1
            if candidates.admits(next) { return next }
            place = next + 1
        }
        return nil
    }

    /// Shows those that may be taken, each once and at most as many as the window holds.
    private mutating func scan<Field: Candidates>(
        from start: Int, _ candidates: inout Field, _ body: (borrowing Field, Int) -> Void
    ) {
        var (place, shown) = (start, 0)
        for _ in 0..<candidates.openCount {
            guard shown < Self.window, let next = candidates.next(from: place) else { return }
            looks += 1
            place = next + 1
            guard candidates.admits(next) else { continue }
            shown += 1
            body(candidates, next)
        }
    }
}

/// How fast the fastest instance of an agent is, so that the others can be measured against it.
///
/// The score hardly sees response times below ten seconds: two workers of which one takes ten times
/// as long as the other score almost alike. Every choice looks at one instance more; when all have
/// been looked at, the fastest of them is the measure until the next round is over.
struct Pace {
    /// No instance gets less than this share of the best one's turns: what has recovered must have
    /// a chance to show it.
    static let least = 1.0 / Double(Balancer.window)
    /// Below this all are equally fast: what differs is the noise of the loop.
    static let unit = 0.000_05

    /// In seconds; nothing before the first answer.
    private(set) var fastest: Double?
    private var soFar: Double?
    private var place = 0

    /// The next one to be looked at of so many; after the last one comes the first.
    mutating func next(among count: Int) -> Int {
        guard place >= count else { return place }
        fastest = soFar ?? fastest
        soFar = nil
        place = 0
        return place
    }

    /// It takes this long on average, if it can be a measure for others.
    mutating func looked(_ time: Double?) {
        if let time { soFar = min(soFar ?? time, time) }
        place += 1
    }

    /// An instance answered, on average in this time.
    mutating func answered(in time: Double) { fastest = min(fastest ?? time, time) }

    /// How fast it is, as a share of the fastest. One that has not answered yet counts as fast.
    func share(of time: Double?) -> Double {
        guard let time, let fastest else { return 1 }
        return min(1, max(fastest, Self.unit) / max(time, Self.unit))
    }
}
