package import Reactor
package import Telemetry

/// One lasting connection to one Redis, on one loop: it connects, greets, sends, and comes back by
/// itself after it was lost. Everything about it belongs on the loop's thread.
///
/// Each callback is called once, in the loop's turn, never from within the verb that it was given
/// to. When the connection is lost, the condition is told first, and then all that is pending
/// becomes unknown: nothing is repeated here but a script that Redis had forgotten.
package final class RedisLink {
    enum Limits {
        /// Calls that may wait for an answer; a link whose user does not hold back refuses more.
        static let pending = 65_536
    }

    let endpoint: RedisEndpoint
    let name: String
    let settings: StoreSettings
    let scripts: [RedisScript]
    let loop: EventLoop
    let log: Log
    let names: HostNames
    let changed: (Condition) -> Void
    /// Who says where the master is; nil where the address does.
    let guide: SentinelGuide?

    var life: RedisLife
    var connection: RedisConnection?
    var greeting: RedisGreeting?
    var pending = RedisQueue<Pending>()
    var pause: Timer?
    var watchdog: Timer?
    var isWatched = false
    /// When an answer came last, or the first of those that wait was sent.
    var progress = Instant.zero
    /// How the calls of each script begin.
    var beginnings: [String: [UInt8]] = [:]
    var channels: [(name: String, heard: (String) -> Void)] = []
    var isSubscribed = false
    /// Whether it waits to be told where the master is; where it is now; where it was last.
    var isSeeking = false
    var master: SentinelWatch.Master?
    var lastMaster: SentinelWatch.Master?
    /// The beginning of the command that is being sent; kept for its room.
    private var first = RedisArguments()

    /// - Parameters:
    ///   - name: what Redis shows the connection as.
    ///   - scripts: what is loaded at each beginning.
    ///   - guide: where other connections go along with this one; without it an address of
    ///     Sentinels has one of its own.
    ///   - names: finds the hosts of addresses; nil: as this machine does.
    ///   - changed: hears when it becomes ready, is lost, or is refused.
    package init(
        _ endpoint: RedisEndpoint, name: String, settings: StoreSettings, scripts: [RedisScript],
        loop: EventLoop, log: Log, guide: SentinelGuide? = nil, names: HostNames? = nil,
        changed: @escaping (Condition) -> Void
    ) {
        var settings = settings
        self.endpoint = endpoint
        self.name = name
        self.guide = guide ?? SentinelGuide(endpoint, loop: loop, log: log)
        if self.guide != nil {
            settings.shortestBackoff = max(settings.shortestBackoff, SentinelWatch.shortest)
            settings.longestBackoff = max(settings.longestBackoff, SentinelWatch.longest)
        }
        self.settings = settings
        self.scripts = scripts
        self.loop = loop
        self.names = names ?? HostNames(loop)
        self.log = log.tagged(["redis": .text("\(endpoint)"), "connection": .text(name)])
        self.changed = changed
        self.life = RedisLife(settings)
    }

    deinit {
        connection?.end()
        abandon("the connection to Redis was let go")
    }

    package var isReady: Bool { life.isReady }
    /// How many calls wait for an answer.
    package var pendingCount: Int { pending.count }

    // MARK: - Verbs

    /// Begins to connect. Only the first time counts.
    package func open() {
        guide?.follow(self)
        handle(.opened)
    }

    /// Ends it for good; what is pending becomes unknown, and nothing is told of it.
    package func close() {
        handle(.closed)
        guide?.leave(self)
    }

    /// Sends a small command.
    package func send(_ command: [String], _ done: @escaping (Outcome) -> Void) {
        guard mayBeSent, !command.isEmpty else { return refuse(done) }
        first.command(command)
        submit([], Pending(done: done, again: nil))
    }

    /// Runs a script, with the key first and then the arguments.
    package func call(
        _ script: RedisScript, key: String, _ arguments: RedisArguments,
        _ done: @escaping (Outcome) -> Void
    ) {
        guard mayBeSent else { return refuse(done) }
        let again = Again(script: script, key: key, arguments: arguments)
        guard let beginning = beginnings[script.name] else { return load(again, done) }
        first.header(4 + arguments.count)
        first.raw(beginning)
        first.text(key)
        submit(arguments.buffer, Pending(done: done, again: again))
    }

    /// Hears what is published to a channel, also after a new connection; what was published
    /// meanwhile is lost. It is for a connection that does nothing else: Redis takes no commands
    /// on it any more.
    package func subscribe(_ channel: String, _ heard: @escaping (String) -> Void) {
        channels.append((channel, heard))
        if isReady { subscribe([channel]) }
    }

    // MARK: - Sending

    private var mayBeSent: Bool { isReady && pending.count < Limits.pending }

    /// Answers a call that was not sent.
    private func refuse(_ done: @escaping (Outcome) -> Void) {
        let reason = isReady ? "too many calls wait for Redis" : "there is no connection to Redis"
        RedisLink.inTurn(of: loop) { done(.unknown(reason: reason)) }
    }

    /// Sends a script with its text, which Redis keeps from then on.
    func load(_ call: Again, _ done: @escaping (Outcome) -> Void) {
        first.header(4 + call.arguments.count)
        first.raw(RedisLink.beginning("EVAL", call.script.text))
        first.text(call.key)
        submit(call.arguments.buffer, Pending(done: done, again: nil))
    }

    func greet(_ greeting: RedisGreeting) {
        self.greeting = greeting
        for (_, words) in greeting.steps {
            first.command(words)
            submit([], Pending(done: nil, again: nil))
        }
    }

    func subscribe(_ names: [String]) {
        isSubscribed = true
        // hiredis sees the first of the two: what it does for subscribers itself ends the process
        // when an answer is not as it should be.
        first.command(["PING"])
        var second = RedisArguments()
        second.command(["SUBSCRIBE"] + names)
        submit(second.buffer, Pending(done: nil, again: nil))
    }

    private func submit(_ rest: [UInt8], _ entry: Pending) {
        first.raw([0])
        let isSent = connection?.send(first.buffer, rest) ?? false
        first.clear()
        if pending.isEmpty { progress = loop.now }
        pending.append(entry)
        watch()
        guard !isSent else { return }
        RedisLink.inTurn(of: loop) { [weak self] in
            self?.handle(.lost("the connection takes no more commands"))
        }
    }

    /// Calls in the loop's turn, in order.
    static func inTurn(of loop: EventLoop, _ body: @escaping () -> Void) {
        // SAFETY: the closure is called by the loop's thread, the one thread that all of this
        // belongs to; a loop that has stopped lets it go uncalled.
        nonisolated(unsafe) let body = body
        loop.submit { unsafe body() }
    }
}
