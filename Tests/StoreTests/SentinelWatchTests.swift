import Telemetry
import Testing

@testable import Store

@Suite struct SentinelWatchTests {
    private typealias Event = SentinelWatch.Event

    private static let hosts = (1...3).map { RedisEndpoint.Host("10.0.0.\($0)", 26_379) }

    private static func master(_ last: Int, _ epoch: UInt64) -> SentinelWatch.Master {
        SentinelWatch.Master(host: RedisEndpoint.Host("10.1.0.\(last)", 6379), epoch: epoch)
    }

    private static func words(_ actions: [SentinelWatch.Action]) -> String {
        actions.map { action in
            switch action {
            case .ask(let host): "ask(\(host.name.suffix(1)))"
            case .found(let master): "found(\(master.host.name.suffix(1)), \(master.epoch))"
            case .failed: "failed"
            case .refused(let fault): "refused(\(fault.code.rawValue))"
            case .rest(let pause): "rest(\(pause))"
            }
        }.joined(separator: " ")
    }

    private struct Walk: CustomTestStringConvertible {
        let name: String
        let steps: [(event: SentinelWatch.Event, actions: String)]
        var testDescription: String { name }
    }

    private static let walks = [
        Walk(
            name: "the first that answers is believed, and asked first from then on",
            steps: [
                (.wanted, "ask(1)"), (.silent("late"), "ask(2)"),
                (.answered(master(1, 4)), "found(1, 4)"), (.wanted, "ask(2)"),
            ]),
        Walk(
            name: "an answer older than one that was used does not count",
            steps: [
                (.wanted, "ask(1)"), (.answered(master(2, 5)), "found(2, 5)"), (.hinted, "ask(1)"),
                (.answered(master(1, 4)), "ask(2)"), (.answered(master(1, 4)), "ask(3)"),
                (.answered(master(2, 5)), "found(2, 5)"),
            ]),
        Walk(
            name: "old answers alone lead nowhere",
            steps: [
                (.wanted, "ask(1)"), (.answered(master(2, 5)), "found(2, 5)"), (.wanted, "ask(1)"),
                (.answered(master(1, 4)), "ask(2)"), (.answered(master(1, 0)), "ask(3)"),
                (.silent("late"), "failed rest(0.1 seconds)"),
            ]),
        Walk(
            name: "a hint while one is asked has them asked once more, and not more than once",
            steps: [
                (.wanted, "ask(1)"), (.hinted, ""), (.hinted, ""), (.wanted, ""),
                (.answered(master(1, 1)), "found(1, 1) ask(1)"),
                (.answered(master(2, 2)), "found(2, 2)"), (.answered(master(3, 3)), ""),
            ]),
        Walk(
            name: "where nobody answers the pauses grow to two seconds, until one does",
            steps: [
                (.wanted, "ask(1)"), (.silent(""), "ask(2)"), (.silent(""), "ask(3)"),
                (.silent(""), "failed rest(0.1 seconds)"), (.rested, "ask(1)"),
                (.silent(""), "ask(2)"), (.silent(""), "ask(3)"),
                (.silent(""), "failed rest(0.2 seconds)"), (.rested, "ask(1)"),
                (.silent(""), "ask(2)"), (.unknown, "ask(3)"),
                (.forbidden("NOAUTH"), "failed rest(0.4 seconds)"), (.rested, "ask(1)"),
                (.answered(master(1, 1)), "found(1, 1)"), (.wanted, "ask(1)"),
                (.silent(""), "ask(2)"), (.silent(""), "ask(3)"),
                (.silent(""), "failed rest(0.1 seconds)"),
            ]),
        Walk(
            name: "a name that none of them knows is a fault",
            steps: [
                (.wanted, "ask(1)"), (.unknown, "ask(2)"), (.unknown, "ask(3)"),
                (.unknown, "refused(address) rest(0.1 seconds)"),
            ]),
        Walk(
            name: "a password that none of them takes is a fault",
            steps: [
                (.wanted, "ask(1)"), (.forbidden("WRONGPASS"), "ask(2)"),
                (.forbidden("WRONGPASS"), "ask(3)"),
                (.forbidden("WRONGPASS"), "refused(forbidden) rest(0.1 seconds)"),
            ]),
        Walk(
            name: "a master with a name is not gone to",
            steps: [
                (.wanted, "ask(1)"),
                (
                    .answered(
                        SentinelWatch.Master(host: RedisEndpoint.Host("db", 6379), epoch: 1)),
                    "ask(2)"
                ),
            ]),
        Walk(
            name: "what comes unasked changes nothing",
            steps: [
                (.answered(master(1, 1)), ""), (.unknown, ""), (.silent(""), ""),
                (.forbidden(""), ""), (.deaf, "rest(2.0 seconds)"), (.rested, "ask(1)"),
                (.rested, ""), (.wanted, ""),
            ]),
    ]

    @Test("whom it asks, whom it believes, and when it asks again", arguments: walks)
    private func walk(_ walk: Walk) {
        var watch = SentinelWatch(Self.hosts, master: "m")
        for (place, step) in walk.steps.enumerated() {
            let actions = watch.event(step.event, chance: 1)
            #expect(Self.words(actions) == step.actions, "step \(place): \(step.event)")
        }
    }

    @Test("pauses are drawn from nothing up to their ceiling")
    func chance() {
        var watch = SentinelWatch([Self.hosts[0]], master: "m")
        _ = watch.event(.wanted, chance: 0.25)
        #expect(
            Self.words(watch.event(.silent(""), chance: 0.25)) == "failed rest(0.025 seconds)")
    }

    // MARK: - Answers

    private static let place = RedisReply.array([.text("10.1.0.7"), .text("6380")])
    private static let facts = RedisReply.flat(["name": "m", "config-epoch": "12"])
    private static let found = Event.answered(
        SentinelWatch.Master(host: RedisEndpoint.Host("10.1.0.7", 6380), epoch: 12))

    private static let answers: [(password: String?, replies: [RedisReply], event: Event)] = [
        (nil, [place, facts], found),
        ("s", [.status("OK"), place, facts], found),
        // It wants none: it says so, and answers.
        ("s", [.error("ERR AUTH <password> called without any password"), place, facts], found),
        (
            "s", [.error("WRONGPASS no"), .error("NOAUTH x"), .error("NOAUTH x")],
            .forbidden("WRONGPASS no")
        ),
        (nil, [.error("NOAUTH x"), .error("NOAUTH x")], .forbidden("NOAUTH x")),
        (nil, [.null, .error("ERR No such master with that name")], .unknown),
        (nil, [place, .error("ERR No such master with that name")], .unknown),
        (nil, [.array([.text("10.1.0.7")]), facts], .silent("its answer makes no sense")),
        (
            nil, [.array([.text("10.1.0.7"), .text("0")]), facts],
            .silent("its answer makes no sense")
        ),
        (
            nil, [place, .flat(["name": "m"])],
            .silent("it does not say which failover its master is of")
        ),
        (nil, [.error("ERR unknown command"), .error("x")], .silent("ERR unknown command")),
    ]

    @Test("what the answers of a Sentinel mean", arguments: answers.indices)
    func answer(_ row: Int) throws {
        let (password, replies, event) = Self.answers[row]
        var endpoint = try RedisEndpoint("sentinel://10.0.0.1/m")
        endpoint.password = password
        var answer = SentinelAnswer(endpoint, master: "m")
        #expect(answer.questions.count == replies.count)
        for reply in replies.dropLast() { #expect(answer.take(reply) == nil) }
        #expect(replies.last.flatMap { answer.take($0) } == event)
        #expect(answer.take(.null) == nil)
    }
}
