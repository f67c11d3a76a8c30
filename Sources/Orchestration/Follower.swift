import Reactor
import Store

/// Somebody who follows a request that the store keeps: told of every event from a number on, or
/// of its result.
///
/// What it is told always comes out of the store, so no event is missed or told twice, whoever had
/// the request in hand; what happens here only says when to look.
struct Follower {
    enum Goal {
        case events, result
        /// Its result is what a run waits for.
        case parent(Request.Parent)
    }

    let asker: Inquiries.Asker
    let key: RecordKey
    let goal: Goal
    /// The number of the event it is told next.
    var next: UInt64 = 1
    var isAsking = false
    /// Something happened since it was asked last.
    var isBehind = false
    var asked = Instant.zero

    init(asker: Inquiries.Asker, key: RecordKey, goal: Goal, from next: UInt64 = 1) {
        self.asker = asker
        self.key = key
        self.goal = goal
        self.next = max(1, next)
    }
}

/// All who follow something: found by number, and by what they follow.
struct Followers {
    private var all: [Int: Follower] = [:]
    private var byKey: [RecordKey: [Int]] = [:]
    private var last = 0

    var count: Int { all.count }
    var isEmpty: Bool { all.isEmpty }
    var numbers: [Int] { all.keys.sorted() }

    subscript(number: Int) -> Follower? {
        get { all[number] }
        set { if let newValue { all[number] = newValue } else { remove(number) } }
    }

    func numbers(of key: RecordKey) -> [Int] { byKey[key] ?? [] }

    mutating func add(_ follower: Follower) -> Int {
        last += 1
        all[last] = follower
        byKey[follower.key, default: []].append(last)
        return last
    }

    mutating func remove(of caller: Caller) {
        for (number, follower) in all
        where follower.asker.caller.peer == caller.peer
            && follower.asker.caller.messageID == caller.messageID
        {
            remove(number)
        }
    }

    mutating func remove(_ number: Int) {
        guard let gone = all.removeValue(forKey: number) else { return }
        byKey[gone.key]?.removeAll { $0 == number }
        if byKey[gone.key]?.isEmpty == true { byKey[gone.key] = nil }
    }
}
