import Reactor
import TestKit

@testable import Store

/// A connection that forgets answers: Redis has done what was asked, and the connection is gone
/// before anybody hears of it.
// SAFETY: everything is touched on the loop's thread alone.
final class ForgetfulCaller: ScriptCaller, @unchecked Sendable {
    private let link: any ScriptCaller
    private let loop: EventLoop
    private let percent: Int
    private var random: SplitMix64
    private var pending: [(number: Int, done: (RedisLink.Outcome) -> Void)] = []
    private var number = 0
    private var facts: RedisLink.Facts?
    private var isUp = false
    private(set) var forgotten = 0
    var told: (RedisLink.Condition) -> Void = { _ in }

    init(_ link: any ScriptCaller, on loop: EventLoop, percent: Int, seed: UInt64) {
        self.link = link
        self.loop = loop
        self.percent = percent
        random = SplitMix64(seed: seed)
    }

    var isReady: Bool { isUp && link.isReady }
    func open() { link.open() }
    func close() { link.close() }

    func changed(_ condition: RedisLink.Condition) {
        if case .ready(let facts) = condition {
            self.facts = facts
            isUp = true
        }
        told(condition)
    }

    func send(_ command: [String], _ done: @escaping (RedisLink.Outcome) -> Void) {
        let number = keep(done)
        link.send(command) { [weak self] in self?.answered(number, $0) }
    }

    func call(
        _ script: RedisScript, key: String, _ arguments: RedisArguments,
        _ done: @escaping (RedisLink.Outcome) -> Void
    ) {
        let number = keep(done)
        link.call(script, key: key, arguments) { [weak self] in self?.answered(number, $0) }
    }

    private func keep(_ done: @escaping (RedisLink.Outcome) -> Void) -> Int {
        number += 1
        pending.append((number, done))
        return number
    }

    private func answered(_ number: Int, _ outcome: RedisLink.Outcome) {
        // What was forgotten with the others is not heard again.
        guard let first = pending.first, first.number == number else { return }
        guard Int.random(in: 0..<100, using: &random) >= percent else { return forget() }
        pending.removeFirst().done(outcome)
    }

    /// The connection goes, with every answer that is on its way, and comes back.
    private func forget() {
        forgotten += 1
        isUp = false
        told(.away(reason: "forgotten"))
        for entry in exchange(&pending, with: []) { entry.done(.unknown(reason: "forgotten")) }
        loop.submit { [self] in
            guard let facts, link.isReady else { return }
            isUp = true
            told(.ready(facts))
        }
    }
}
