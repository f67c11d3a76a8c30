import Reactor
import Telemetry
import TestKit
import Wire

@testable import Store

/// A store over a real Redis on a loop of its own, and everything it said.
// SAFETY: everything is touched on the loop's thread alone, where the body of `run` is.
final class StateBench: @unchecked Sendable {
    let loop: EventLoop
    private(set) var conditions: [String] = []
    /// Every answer to a token or ticket, in short.
    private(set) var replies: [UInt64: [String]] = [:]
    private(set) var requests: [UInt64: StoredRequest] = [:]
    private(set) var lists: [UInt64: (rows: [StoredRequest], total: Int)] = [:]
    private(set) var pages: [UInt64: JournalPage] = [:]
    private(set) var figures: [AgentFigures] = []
    private(set) var claimed: [StoredRequest] = []
    private(set) var claims = 0
    private(set) var news = StoreNews()
    private(set) var log: [String] = []
    var inHand: Set<RecordKey> = []
    /// Called with each answer, so that a test can go on from it.
    var heard: (StateReply) -> Void = { _ in }
    private var waiters: [CheckedContinuation<Void, Never>] = []
    private(set) var store: StateStore?
    private var ticket = UInt64(1) << 32

    init(_ loop: EventLoop) { self.loop = loop }

    /// Short times, so that a test is soon over.
    static func settings(_ change: (inout StoreSettings) -> Void = { _ in }) -> StoreSettings {
        var settings = StoreSettings()
        settings.shortestBackoff = .milliseconds(1)
        settings.longestBackoff = .milliseconds(20)
        settings.renewal = .milliseconds(20)
        change(&settings)
        return settings
    }

    @discardableResult
    static func run<Success: Sendable>(
        _ address: String, _ settings: StoreSettings = StateBench.settings(),
        _ body: @escaping @Sendable (StateBench) async throws -> Success
    ) async throws -> Success {
        EventLoop.prepareProcess()
        let endpoint = try RedisEndpoint(address)
        return try await BlockingPool(threads: 1, limit: 0).run {
            try EventLoop.run { loop in
                let bench = StateBench(loop)
                bench.open(endpoint, settings)
                let result: Result<Success, any Error>
                do {
                    result = .success(try await body(bench))
                } catch {
                    result = .failure(error)
                }
                bench.store?.close()
                return try result.get()
            }
        }
    }

    func open(
        _ endpoint: RedisEndpoint, _ settings: StoreSettings, name: String = "b",
        through: @escaping (any ScriptCaller) -> any ScriptCaller = { $0 }
    ) {
        let log = Log(component: "store", level: .debug) { [weak self] line in
            self?.log.append(line)
        }
        let loop = loop
        if case .sentinels = endpoint.place {
            let store = StateStore(
                endpoint, settings, name: name, loop: loop, log: log, handler: handler)
            self.store = store
            return store.open()
        }
        let store = StateStore(
            settings, name: name, loop: loop, log: log, handler: handler
        ) { name, changed in
            let relay = Relay()
            let link = RedisLink(
                endpoint, name: name, settings: settings, scripts: RedisScript.all, loop: loop,
                log: .silent
            ) { relay.changed($0) }
            let caller = through(link)
            if let caller = caller as? ForgetfulCaller {
                caller.told = changed
                relay.changed = { [weak caller] in caller?.changed($0) }
            } else {
                relay.changed = changed
            }
            return caller
        }
        self.store = store
        store.open()
    }

    /// Where a connection's news go, which is known only after it was made.
    private final class Relay {
        var changed: (RedisLink.Condition) -> Void = { _ in }
    }

    private var handler: StateStore.Handler {
        StateStore.Handler(
            replied: { [weak self] in self?.add($0) },
            settled: { [weak self] in
                self?.store?.flush()
                self?.wake()
            },
            changed: { [weak self] in
                self?.conditions.append($0.label)
                self?.wake()
            },
            news: { [weak self] in
                self?.news = $0
                self?.wake()
            },
            holds: { [weak self] in self?.inHand.contains($0) ?? false })
    }

    private func add(_ reply: StateReply) {
        switch reply {
        case .claimed(let requests):
            claimed += requests
            claims += 1
        case .read(let ticket, let request): requests[ticket] = request
        case .listed(let ticket, let rows, let total): lists[ticket] = (rows, total)
        case .figures(_, let figures): self.figures = figures
        case .journalPage(let ticket, let page): pages[ticket] = page
        default: break
        }
        if let (number, text) = reply.label { replies[number, default: []].append(text) }
        heard(reply)
    }

    // MARK: - Waiting

    private func wake() {
        for waiter in exchange(&waiters, with: []) { waiter.resume() }
    }

    /// Waits until something is true; it is asked again after everything the store says.
    func until(_ isTrue: () -> Bool) async {
        while !isTrue() { await withCheckedContinuation { waiters.append($0) } }
    }

    func ready(_ times: Int = 1) async {
        await until { conditions.count { $0.hasPrefix("ready") } >= times }
    }

    // MARK: - Asking

    func perform(_ commands: [StateCommand]) {
        store?.perform(commands)
        store?.flush()
    }

    /// Performs commands with these tokens and gives their answers, in that order.
    func ask(_ tokens: ClosedRange<UInt64>, _ make: (UInt64) -> StateCommand) async -> [String] {
        let before = tokens.map { replies[$0]?.count ?? 0 }
        perform(tokens.map(make))
        await until { zip(tokens, before).allSatisfy { (replies[$0]?.count ?? 0) > $1 } }
        return tokens.map { replies[$0]?.last ?? "" }
    }

    func ask(_ make: (UInt64) -> StateCommand) async -> String {
        ticket += 1
        return await ask(ticket...ticket, make)[0]
    }

    func read(_ id: String, from: UInt64 = 1) async -> StoredRequest? {
        await read(Kept.key(id), from: from)
    }

    func read(_ key: RecordKey, from: UInt64 = 1) async -> StoredRequest? {
        _ = await ask { .read($0, key, from: from) }
        return requests[ticket]
    }

    func page(_ id: String, from: Int = 0) async -> JournalPage? {
        await page(Kept.key(id), from: from)
    }

    func page(_ key: RecordKey, from: Int = 0) async -> JournalPage? {
        _ = await ask { .readJournal($0, key, from: from) }
        return pages[ticket]
    }

    func list(
        _ kind: StateCommand.ListQuery.Kind, limit: Int = 100
    ) async -> (rows: [StoredRequest], total: Int) {
        let query = StateCommand.ListQuery(kind: kind, tenant: nil, offset: 0, limit: limit)
        // A question that is cut off has failed, and may be asked again.
        while await ask({ .list($0, query) }) == "failed" {
            try? await loop.sleep(for: .milliseconds(5))
        }
        return lists[ticket] ?? ([], 0)
    }

    /// The answers to a token do not count any more.
    func forget(_ token: UInt64) { replies[token] = nil }

    func claim(_ count: Int) async -> [StoredRequest] {
        let (before, place) = (claims, claimed.count)
        perform([.claim(count)])
        await until { claims > before }
        return Array(claimed[place...])
    }
}

/// Commands with everything filled in that does not matter.
enum Kept {
    static func key(_ id: String) -> RecordKey { RecordKey(tenant: "t", id: id) }

    static func message(_ text: String) -> StoredMessage {
        StoredMessage(envelope: [8, 1], content: ContentBytes(Array(text.utf8)))
    }

    static func accept(
        _ token: UInt64, _ id: String, waits: Bool = false, body: String = "{}",
        projection: String? = nil
    ) -> StateCommand {
        .accept(
            token,
            StateCommand.Acceptance(
                key: key(id), id: id, tenant: "t", agent: "cost", body: Digest(body),
                accepted: 1, deadline: 5, priority: 0, waits: waits, input: message(body),
                projection: projection))
    }

    static func finish(
        _ token: UInt64, _ id: String, _ state: StoredState = .succeeded, isDead: Bool = false,
        attempt: Int = 1, projection: String? = nil
    ) -> StateCommand {
        .finish(
            token,
            StateCommand.Ending(
                key: key(id), state: state, step: 1, attempt: attempt, agent: "cost",
                instance: "w.1", code: state == .failed ? "failed" : "", took: 5,
                isDead: isDead, size: 300, output: message("out"), projection: projection))
    }

    static func park(_ token: UInt64, _ id: String) -> StateCommand {
        .park(
            token,
            StateCommand.Parking(
                key: key(id), step: 1, attempt: 1, agent: "cost", instance: "w.1",
                reason: "lost"))
    }
}

extension StoreCondition {
    fileprivate var label: String {
        switch self {
        case .ready(let epoch): "ready \(epoch)"
        case .away: "away"
        case .fenced: "fenced"
        case .refused(let fault): "refused \(fault.code.rawValue)"
        }
    }
}

extension StateReply {
    /// The token or ticket, and the answer in a few words.
    fileprivate var label: (UInt64, String)? {
        switch self {
        case .accepted(let token, .refused): (token, "refused")
        case .accepted(let token, .unknown): (token, "unknown")
        case .accepted(let token, let verdict): (token, "\(verdict)")
        case .attempted(let token, let keeping), .started(let token, let keeping),
            .advanced(let token, let keeping), .journaled(let token, let keeping),
            .finished(let token, let keeping),
            .parked(let token, let keeping),
            .released(let token, let keeping):
            (token, "\(keeping)")
        case .read(let ticket, let request): (ticket, request?.state.word ?? "nothing")
        case .journalPage(let ticket, let page):
            (ticket, page.map { "\($0.entries.count) \($0.next ?? 0)" } ?? "nothing")
        case .keptWorkflow(let ticket): (ticket, "kept")
        case .person(let ticket, let reply): (ticket, "\(reply)")
        case .workflow(let ticket, let text): (ticket, text.map { "\($0.count)" } ?? "nothing")
        case .words(let ticket, let words):
            (
                ticket,
                words.map { String(decoding: $0.content.array, as: UTF8.self) }.joined(
                    separator: " ")
            )
        case .decided(let ticket, let decided): (ticket, "\(decided)")
        case .listed(let ticket, let rows, _): (ticket, "\(rows.count)")
        case .claimed: nil
        case .effect(let ticket, .skip(let result)): (ticket, "skip \(result.count)")
        case .effect(let ticket, let verdict): (ticket, "\(verdict)")
        case .figures(let ticket, _): (ticket, "figures")
        case .deposited(let ticket, .over): (ticket, "over")
        case .deposited(let ticket, .kept(let owner)): (ticket, "kept for \(owner)")
        case .session(let ticket, .found(let session)): (ticket, session.state.word)
        case .session(let ticket, let answer): (ticket, "\(answer)")
        case .event(let ticket, let answer): (ticket, "\(answer)")
        case .schedule(let ticket, let answer): (ticket, "\(answer)")
        case .failed(let ticket, _): (ticket, "failed")
        case .unreadable(let ticket, _): (ticket, "unreadable")
        }
    }
}
