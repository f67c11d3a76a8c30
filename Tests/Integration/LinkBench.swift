import Glibc
import Reactor
import Telemetry
import TestKit
import Wire

@testable import Store

/// A connection to Redis on a loop of its own, and what it has told, for as long as a test asks it.
// SAFETY: everything is touched on the loop's thread alone, where the body of `run` is.
final class LinkBench: @unchecked Sendable {
    let loop: EventLoop
    let link: RedisLink
    private let told: Told

    /// What was told, in words; who waits for more of it.
    private final class Told {
        var conditions: [RedisLink.Condition] = []
        var waiters: [CheckedContinuation<Void, Never>] = []

        func add(_ condition: RedisLink.Condition) {
            conditions.append(condition)
            wake()
        }

        private func wake() {
            for waiter in exchange(&waiters, with: []) { waiter.resume() }
        }
    }

    static let scripts = [
        RedisScript(name: "echo", text: "return {KEYS[1], ARGV[1] or false}"),
        RedisScript(name: "sum", text: "return redis.call('INCRBY', KEYS[1], ARGV[1])"),
    ]

    /// Short waits, so that a test is soon over.
    static func settings(_ change: (inout StoreSettings) -> Void = { _ in }) -> StoreSettings {
        var settings = StoreSettings()
        settings.shortestBackoff = .milliseconds(1)
        settings.longestBackoff = .milliseconds(5)
        change(&settings)
        return settings
    }

    private init(_ endpoint: RedisEndpoint, _ settings: StoreSettings, _ loop: EventLoop) {
        let told = Told()
        self.told = told
        self.loop = loop
        link = RedisLink(
            endpoint, name: "bench", settings: settings, scripts: Self.scripts, loop: loop,
            log: .silent
        ) { told.add($0) }
    }

    /// Opens a connection and runs the body on its loop.
    @discardableResult
    static func run<Success: Sendable>(
        _ address: String, _ settings: StoreSettings = LinkBench.settings(),
        _ body: @escaping @Sendable (LinkBench) async throws -> Success
    ) async throws -> Success {
        try await run(try RedisEndpoint(address), settings, body)
    }

    @discardableResult
    static func run<Success: Sendable>(
        _ endpoint: RedisEndpoint, _ settings: StoreSettings = LinkBench.settings(),
        _ body: @escaping @Sendable (LinkBench) async throws -> Success
    ) async throws -> Success {
        // A Redis that is killed while it is written to would end this process, too.
        EventLoop.prepareProcess()
        return try await BlockingPool(threads: 1, limit: 0).run {
            try EventLoop.run { loop in
                let bench = LinkBench(endpoint, settings, loop)
                bench.link.open()
                let result: Result<Success, any Error>
                do {
                    result = .success(try await body(bench))
                } catch {
                    result = .failure(error)
                }
                bench.link.close()
                return try result.get()
            }
        }
    }

    // MARK: - What it tells

    /// The conditions so far, such as `ready` and `away Connection refused`.
    var words: [String] {
        told.conditions.map { condition in
            switch condition {
            case .ready: "ready"
            case .away(let reason): "away \(reason)"
            case .refused(let fault): "refused \(fault.code) \(fault)"
            }
        }
    }

    var facts: RedisLink.Facts? {
        for case .ready(let facts) in told.conditions.reversed() { return facts }
        return nil
    }

    /// Waits until one of the conditions from a place on begins so; gives the place after it.
    @discardableResult
    func until(_ beginning: String, from place: Int = 0) async -> Int {
        while true {
            let seen = words
            let fresh = seen.indices.dropFirst(place)
            if let found = fresh.first(where: { seen[$0].hasPrefix(beginning) }) {
                return found + 1
            }
            await withCheckedContinuation { continuation in
                // Others have their turn between the look above and here.
                guard told.conditions.count == seen.count else { return continuation.resume() }
                told.waiters.append(continuation)
            }
        }
    }

    // MARK: - Asking

    /// Lets the loop come round once.
    func turn() async {
        await withCheckedContinuation { continuation in
            loop.submit { continuation.resume() }
        }
    }

    func ask(_ words: String...) async -> RedisLink.Outcome {
        await withCheckedContinuation { continuation in
            link.send(words) { continuation.resume(returning: $0) }
        }
    }

    func call(_ script: RedisScript, _ key: String, _ words: String...) async -> RedisLink.Outcome {
        var arguments = RedisArguments()
        for word in words { arguments.text(word) }
        return await withCheckedContinuation { continuation in
            link.call(script, key: key, arguments) { continuation.resume(returning: $0) }
        }
    }

    /// Sends a command many times at once; its outcomes are complete when all have come.
    func flood(_ count: Int, _ words: [String]) -> Flood {
        let flood = Flood(count)
        for place in 0..<count { link.send(words) { flood.add($0, at: place) } }
        return flood
    }

    /// The outcomes of many calls. Each may come once.
    final class Flood {
        private(set) var outcomes: [RedisLink.Outcome?]
        private(set) var repeated = 0
        private var missing: Int
        private var waiter: CheckedContinuation<Void, Never>?

        init(_ count: Int) {
            outcomes = Array(repeating: nil, count: count)
            missing = count
        }

        func add(_ outcome: RedisLink.Outcome, at place: Int) {
            if outcomes[place] != nil {
                repeated += 1
                return
            }
            outcomes[place] = outcome
            missing -= 1
            if missing == 0 { waiter.take()?.resume() }
        }

        func all() async -> [RedisLink.Outcome] {
            await withCheckedContinuation { continuation in
                guard missing > 0 else { return continuation.resume() }
                waiter = continuation
            }
            return outcomes.compactMap(\.self)
        }

        /// How many are known by an answer.
        func answered() async -> Int {
            await all().count { outcome in if case .reply = outcome { true } else { false } }
        }
    }
}

/// The descriptors of this process, with what they lead to.
func openDescriptors() -> [Int32: String] {
    let names = FileTree.kind(of: "/proc/self/fd")
    guard case .folder(let numbers)? = names else { return [:] }
    var open: [Int32: String] = [:]
    for number in numbers.compactMap({ Int32($0) }) {
        var buffer = [CChar](repeating: 0, count: 256)
        let length = unsafe readlink("/proc/self/fd/\(number)", &buffer, buffer.count)
        guard length > 0 else { continue }
        open[number] = String(
            decoding: buffer.prefix(length).map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
    return open
}
