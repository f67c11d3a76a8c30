import Reactor
import Telemetry
import Testing
import Wire

@testable import Bus

/// The life of one link, event by event.
@Suite struct LinkTests {
    private var link = Link()

    private static let welcome = Welcome(
        orchestrator: "o1", cluster: "c", version: "1", epoch: "1", orchestrators: [],
        limits: .init(), liveness: .init(ping: 1000, dead: 4000))

    /// What the link wants, as words.
    private mutating func after(_ event: Link.Event, _ milliseconds: Int64 = 0) -> [String] {
        link.handle(event, at: Instant(nanoseconds: milliseconds * 1_000_000)).map(\.word)
    }

    private mutating func goUp() {
        _ = after(.opened)
        _ = after(.connected)
        _ = after(.welcomed(Self.welcome))
    }

    @Test("a link opens, greets and is up with WELCOME")
    mutating func rises() {
        #expect(after(.opened) == ["open"])
        #expect(link.state == .opening)
        #expect(after(.connected) == ["hello"])
        #expect(link.state == .greeting)
        #expect(after(.welcomed(Self.welcome)) == ["up"])
        #expect(link.isUp)
    }

    @Test("a lost connection is down at once and greeted again when libzmq has made a new one")
    mutating func flaps() {
        goUp()
        #expect(after(.disconnected) == ["down"])
        #expect(link.state == .opening)
        #expect(after(.connected) == ["hello"])
    }

    @Test("a reconnect that nobody saw break is a loss too")
    mutating func silentReconnect() {
        goUp()
        #expect(after(.connected) == ["down", "hello"])
    }

    @Test("silence of a second is asked about, of four seconds replaced by a new socket")
    mutating func silence() {
        goUp()
        #expect(after(.tick, 999).isEmpty)
        #expect(after(.tick, 1000) == ["ping"])
        #expect(after(.tick, 1500).isEmpty)
        #expect(after(.tick, 2000) == ["ping"])
        #expect(after(.tick, 4000) == ["down", "close", "open"])
        #expect(link.state == .opening)
    }

    @Test("any message is a sign of life")
    mutating func heard() {
        goUp()
        _ = after(.tick, 1000)
        _ = after(.heard, 3999)
        #expect(after(.tick, 4500).isEmpty)
        #expect(after(.tick, 4999) == ["ping"])
    }

    @Test("HELLO without an answer for four seconds gets a new socket, without having been up")
    mutating func noWelcome() {
        _ = after(.opened)
        _ = after(.connected)
        #expect(after(.tick, 4000) == ["close", "open"])
    }

    @Test("a lost WELCOME is noticed although the peer speaks")
    mutating func deafPeer() {
        _ = after(.opened)
        _ = after(.connected)
        for second: Int64 in 1...3 { _ = after(.heard, second * 1000) }
        #expect(after(.tick, 4000) == ["close", "open"])
    }

    @Test("a refused key backs off from 100 ms, doubling to 5 s, and gives up after ten refusals")
    mutating func refusals() {
        _ = after(.opened)
        var now: Int64 = 0
        for delay: Int64 in [100, 200, 400, 800, 1600, 3200, 5000, 5000, 5000] {
            #expect(after(.refused, now) == ["close"])
            #expect(after(.tick, now + delay - 1).isEmpty)
            now += delay
            #expect(after(.tick, now) == ["open"])
        }
        #expect(after(.refused, now) == ["close", "give up: key_refused"])
        #expect(link.state == .over)
    }

    @Test("a welcome forgives refusals and delays")
    mutating func forgives() {
        _ = after(.opened)
        _ = after(.refused)
        _ = after(.tick, 100)
        _ = after(.connected, 100)
        _ = after(.welcomed(Self.welcome), 100)
        #expect(after(.refused, 200) == ["down", "close"])
        #expect(link.state == .waiting(Instant(nanoseconds: 300_000_000)))
    }

    @Test("HELLO refused for good gives up, HELLO refused for now backs off")
    mutating func helloRefused() {
        _ = after(.opened)
        _ = after(.connected)
        let busy = Fault(WireCode.busy, "later", retry: .now)
        #expect(after(.helloRefused(busy)) == ["close"])
        _ = after(.tick, 100)
        _ = after(.connected, 100)
        let identity = Fault(WireCode.identity, "taken")
        #expect(after(.helloRefused(identity), 100) == ["close", "give up: identity"])
    }

    @Test("an orchestrator that forgot the session is greeted again over the same connection")
    mutating func unknown() {
        goUp()
        #expect(after(.unknown) == ["down", "hello"])
        #expect(after(.unknown).isEmpty)
    }

    @Test("a link that is over stays so, whatever comes", arguments: Link.Event.all)
    func impossible(_ event: Link.Event) {
        var link = Link()
        _ = link.handle(.opened, at: .zero)
        _ = link.handle(.retired, at: .zero)
        #expect(link.state == .over)
        if case .opened = event { return }
        #expect(link.handle(event, at: Instant(nanoseconds: 9_000_000_000)).isEmpty)
        #expect(link.state == .over)
    }

    @Test("a link that waits opens by time alone", arguments: Link.Event.all)
    func waiting(_ event: Link.Event) {
        var link = Link()
        _ = link.handle(.opened, at: .zero)
        _ = link.handle(.broken, at: .zero)
        switch event {
        case .retired, .helloRefused: return
        default: break
        }
        #expect(link.handle(event, at: .zero).isEmpty)
        #expect(link.nextLook == Instant(nanoseconds: 100_000_000))
    }
}

extension Link.Event {
    static let all: [Link.Event] = [
        .opened, .connected, .disconnected, .refused, .broken, .heard, .unknown, .retired, .tick,
        .helloRefused(Fault(WireCode.identity, "taken")),
    ]
}

extension Link.Action {
    fileprivate var word: String {
        switch self {
        case .open: "open"
        case .close: "close"
        case .sendHello: "hello"
        case .sendPing: "ping"
        case .up: "up"
        case .down: "down"
        case .giveUp(let fault): "give up: \(fault.code.rawValue)"
        }
    }
}
