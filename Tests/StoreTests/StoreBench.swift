import Reactor
import Telemetry
import TestKit

@testable import Store

/// A store over two connections that a test plays, in time that stands still.
// SAFETY: everything but `loop` is touched only on the loop, which runs on the test's own thread.
final class StoreBench: @unchecked Sendable {
    let loop: EventLoop
    private(set) var work = PlayedCaller()
    private(set) var pulse = PlayedCaller()
    private(set) var replies: [String] = []
    private(set) var conditions: [String] = []
    private(set) var news: [StoreNews] = []
    private(set) var settled = 0
    private(set) var hasLeft = false
    private(set) var claimed: [RecordKey] = []
    var inHand: Set<RecordKey> = []
    /// Whether a reply came from within a call to the store.
    private(set) var cameWithin = false
    private var isWithin = false
    private var store: StateStore?

    init(_ change: (inout StoreSettings) -> Void = { _ in }) throws {
        loop = try EventLoop(time: .manual)
        var settings = StoreSettings()
        change(&settings)
        store = make(settings)
        on { $0.open() }
    }

    private func make(_ settings: StoreSettings) -> StateStore {
        StateStore(
            settings, name: "b", loop: loop, log: .silent,
            handler: StateStore.Handler(
                replied: { [weak self] in self?.heard($0) },
                settled: { [weak self] in
                    self?.settled += 1
                    self?.store?.flush()
                },
                changed: { [weak self] in self?.conditions.append($0.word) },
                news: { [weak self] in self?.news.append($0) },
                holds: { [weak self] in self?.inHand.contains($0) ?? false })
        ) { [weak self] name, changed in
            let caller = PlayedCaller()
            caller.changed = changed
            if name == "b" { self?.work = caller } else { self?.pulse = caller }
            return caller
        }
    }

    private func heard(_ reply: StateReply) {
        cameWithin = cameWithin || isWithin
        if case .claimed(let requests) = reply { claimed += requests.map(\.key) }
        replies.append(reply.short)
    }

    // MARK: - What a test does

    /// Does something on the loop and lets everything happen that is due.
    func on(_ body: @escaping @Sendable (StateStore) -> Void) {
        loop.submit { [self] in
            guard let store else { return }
            isWithin = true
            body(store)
            isWithin = false
        }
        settle()
    }

    func perform(_ commands: [StateCommand]) {
        on { store in
            store.perform(commands)
            store.flush()
        }
    }

    func leave() { on { $0.leave { [self] in hasLeft = true } } }

    func pass(_ milliseconds: Int) {
        loop.advance(by: .milliseconds(milliseconds))
        settle()
    }

    /// Both connections come up, or come back; another run means a restart.
    func connect(run: String = "r1") {
        on { [self] _ in pulse.rise(run) }
        on { [self] _ in work.rise(run) }
    }

    func cut() {
        on { [self] _ in
            for caller in [pulse, work] { caller.fall() }
        }
    }

    /// Answers the oldest call that waits on the connection for commands.
    func answer(_ reply: RedisReply) {
        on { [self] _ in work.answer(.reply(reply)) }
    }

    private func settle() {
        repeat { loop.settle() } while submitAnswers()
    }

    /// Answers what a test does not care about; says whether there was anything.
    private func submitAnswers() -> Bool {
        guard work.canPlay || pulse.canPlay else { return false }
        loop.submit { [self] in
            pulse.play()
            work.play()
        }
        return true
    }
}

/// A connection that a test plays: it keeps calls until they are answered, in order.
final class PlayedCaller: ScriptCaller {
    struct Call {
        let name: String
        let arguments: [String]
        let done: (RedisLink.Outcome) -> Void

        /// The arguments but for the time, which goes on, also within a record.
        var lasting: [String] {
            arguments.enumerated().filter { $0.offset != 1 }
                .map { $0.element.hasPrefix("1R") ? String($0.element.prefix(24)) : $0.element }
        }
    }

    var changed: (RedisLink.Condition) -> Void = { _ in }
    private(set) var isReady = false
    private(set) var isClosed = false
    private(set) var waiting: [Call] = []
    /// The names of all calls that the test did not leave to itself.
    private(set) var history: [String] = []
    /// Answers that are given without a word; nil: the test answers.
    var plays: [String: RedisReply?] = [
        "INCR": .integer(50), "SSCAN": .array([.text("0"), .array([])]),
        "register": .array([.text("7"), .text("g"), .text("1000")]),
        "renew": .array([.text("OK"), .text("2000"), .integer(0), .array([])]),
        "floor": .text("1007"), "trim": .integer(0), "dying": .array([]), "missed": .array([]),
        "repair": .array([]),
        "project": .text("OK"), "session": .array([]),
    ]

    var names: [String] { waiting.map(\.name) }
    var canPlay: Bool { waiting.first.map { plays[$0.name] ?? nil } ?? nil != nil }

    func open() {}
    func close() { (isClosed, isReady) = (true, false) }

    func rise(_ run: String) {
        var facts = RedisLink.Facts()
        facts.version = "7.0.15"
        facts.role = "master"
        facts.runID = run
        isReady = true
        changed(.ready(facts))
    }

    /// As the link does it: the condition first, then what is pending.
    func fall() {
        isReady = false
        changed(.away(reason: "cut"))
        while !waiting.isEmpty { answer(.unknown(reason: "cut")) }
    }

    func answer(_ outcome: RedisLink.Outcome) {
        guard !waiting.isEmpty else { return }
        waiting.removeFirst().done(outcome)
    }

    func play() {
        while let name = waiting.first?.name, let reply = plays[name] ?? nil {
            answer(.reply(reply))
        }
    }

    func send(_ command: [String], _ done: @escaping (RedisLink.Outcome) -> Void) {
        add(Call(name: command[0], arguments: Array(command.dropFirst()), done: done))
    }

    func call(
        _ script: RedisScript, key: String, _ arguments: RedisArguments,
        _ done: @escaping (RedisLink.Outcome) -> Void
    ) {
        add(Call(name: script.name, arguments: arguments.words, done: done))
    }

    private func add(_ call: Call) {
        if plays[call.name] == nil { history.append(call.name) }
        waiting.append(call)
    }
}

extension RedisArguments {
    /// The arguments as text again.
    var words: [String] {
        var words: [String] = []
        var rest = buffer[...]
        while let end = rest.firstIndex(of: 13),
            let length = Int(
                String(decoding: rest[rest.index(after: rest.startIndex)..<end], as: UTF8.self))
        {
            let start = end + 2
            words.append(String(decoding: rest[start..<start + length], as: UTF8.self))
            rest = rest[(start + length + 2)...]
        }
        return words
    }
}

extension StoreCondition {
    var word: String {
        switch self {
        case .ready(let epoch): "ready \(epoch)"
        case .away: "away"
        case .fenced: "fenced"
        case .refused(let fault): "refused \(fault.code.rawValue)"
        }
    }
}

extension StateReply {
    /// A reply in a few letters, for tables.
    var short: String {
        switch self {
        case .accepted(let token, .accepted): "a\(token)"
        case .accepted(let token, .refused): "a\(token) refused"
        case .accepted(let token, let verdict): "a\(token) \(verdict)"
        case .finished(let token, let keeping): "f\(token) \(keeping)"
        case .advanced(let token, let keeping): "v\(token) \(keeping)"
        case .decided(let ticket, let decided): "c\(ticket) \(decided)"
        case .read(let ticket, let request): request == nil ? "r\(ticket) nothing" : "r\(ticket)"
        case .claimed(let requests): "claimed \(requests.count)"
        case .failed(let ticket, _): "\(ticket) failed"
        case .unreadable(let ticket, _): "\(ticket) unreadable"
        default: "\(self)"
        }
    }
}
