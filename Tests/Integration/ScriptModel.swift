/// What the scripts should do, in plain words: each verb answers what its script has to answer, and
/// changes what the script has to change.
struct ScriptModel {
    struct Request {
        var state: Character
        var owner: String
        var body: String
        var tenant: String
        var order: Int
        /// The number of its last event, once it has a stream.
        var events: Int?
        var kept = 0
        /// Entries of its journal, their bytes, and the bodies it has.
        var journal: [String] = []
        var journalBytes = 0
        var bodies: Set<String> = []
        /// The attempt of the step under way, where that is kept.
        var attempt: Int?
        var ending: [String] = []
        /// 1: a dead letter, 0: let go.
        var dead: Character?
        var decided: Character?
        var size = 0

        var isTerminal: Bool { "SFCE".contains(state) }

        mutating func happened(_ count: Int) { events = (events ?? 2) + count }
    }

    var requests: [String: Request] = [:]
    var finished: [(key: String, size: Int)] = []
    var dead: [String] = []
    static let finishedKept = 6
    static let deadKept = 3
    static let held = 3
    static let waiting = 5

    /// In the order of claims.
    var ready: [String] {
        requests.filter { $0.value.state == "A" }.sorted { $0.value.order < $1.value.order }
            .map(\.key)
    }

    func owned(_ owner: String) -> [String] {
        requests.filter { $0.value.state == "R" && $0.value.owner == owner }.map(\.key)
    }

    func inHand(_ tenant: String) -> Int {
        requests.values.filter { !$0.isTerminal && $0.tenant == tenant }.count
    }

    mutating func accept(_ me: String, _ key: String, _ new: Request) -> Character {
        if let known = requests[key] {
            if known.body != new.body { return "C" }
            if known.isTerminal { return "T" }
            if known.state != "R" { return known.state == "A" ? "P" : "U" }
            return known.owner == me ? "O" : "R"
        }
        if inHand(new.tenant) >= Self.held { return "Q" }
        if new.state == "A" && ready.count >= Self.waiting { return "B" }
        requests[key] = new
        return new.state == "A" ? "W" : "A"
    }

    mutating func finish(
        _ me: String, _ key: String, _ state: Character, _ ending: [String], isDead: Bool,
        size: Int
    ) -> Character {
        let hadEnded = requests[key]?.isTerminal ?? true
        let letter = end(me, key, state, ending)
        if letter == "K" && !hadEnded {
            let size = size + (requests[key]?.journalBytes ?? 0)
            requests[key]?.size = size
            if isDead {
                requests[key]?.dead = "1"
                dead.append(key)
                if dead.count > Self.deadKept { letGo(dead[0]) }
            } else {
                finished.append((key, size))
            }
        }
        trim(10)
        return letter
    }

    private mutating func end(
        _ me: String, _ key: String, _ state: Character, _ ending: [String]
    ) -> Character {
        guard let request = requests[key] else { return "G" }
        if request.isTerminal {
            return request.state == state && request.ending == ending ? "K" : "F"
        }
        guard request.state == "R", request.owner == me else { return "F" }
        requests[key]?.state = state
        requests[key]?.ending = ending
        if request.events != nil { requests[key]?.happened(2) }
        return "K"
    }

    private mutating func letGo(_ key: String) {
        dead.removeAll { $0 == key }
        requests[key]?.dead = "0"
        finished.append((key, requests[key]?.size ?? 0))
    }

    mutating func trim(_ most: Int, keep: Int = finishedKept) {
        for _ in 0..<most where finished.count > keep {
            requests[finished.removeFirst().key] = nil
        }
    }

    mutating func advance(_ me: String, _ key: String, step: Int) -> Character {
        guard let request = requests[key] else { return "G" }
        if request.owner != me { return "F" }
        if step <= request.kept { return "K" }
        guard request.state == "R", step == request.kept + 1 else { return "F" }
        requests[key]?.kept = step
        requests[key]?.attempt = nil
        requests[key]?.happened(2)
        return "K"
    }

    mutating func journal(
        _ me: String, _ key: String, after: Int, _ entries: [String], notes: Int, bodies: [String]
    ) -> Character {
        guard let request = requests[key] else { return "G" }
        if request.owner != me { return "F" }
        let count = request.journal.count
        if count >= after + entries.count { return "K" }
        guard request.state == "R", count == after else { return "F" }
        requests[key]?.journal += entries
        let new = Set(bodies).subtracting(request.bodies)
        requests[key]?.bodies.formUnion(new)
        requests[key]?.journalBytes += (entries + new).reduce(0) { $0 + $1.utf8.count }
        if notes > 0 { requests[key]?.happened(notes) }
        return "K"
    }

    mutating func start(_ me: String, _ key: String, step: Int, attempt: Int) -> Character {
        guard let request = requests[key] else { return "G" }
        if request.owner != me { return "F" }
        if step <= request.kept { return "K" }
        if step != request.kept + 1 { return "F" }
        if let before = request.attempt, before >= attempt { return "K" }
        if request.state != "R" { return "F" }
        requests[key]?.attempt = attempt
        requests[key]?.happened(1)
        return "K"
    }

    mutating func park(_ me: String, _ key: String, step: Int, attempt: Int) -> Character {
        guard let request = requests[key] else { return "G" }
        if request.owner != me { return "F" }
        if request.state == "U" { return "K" }
        guard request.state == "R", step == request.kept + 1 else { return "F" }
        requests[key]?.state = "U"
        requests[key]?.attempt = attempt
        requests[key]?.decided = nil
        requests[key]?.happened(1)
        return "K"
    }

    mutating func release(_ me: String, _ key: String) -> Character {
        guard let request = requests[key] else { return "G" }
        if request.state == "A" { return "K" }
        guard request.state == "R", request.owner == me else { return "F" }
        requests[key]?.state = "A"
        requests[key]?.happened(1)
        return "K"
    }
}
