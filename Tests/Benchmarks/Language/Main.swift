/// How long it takes to decide whom a question is given to, with fifty agents and five hundred
/// phrases, and to read its parameters. Prints the median of many rounds of each; `--json` prints
/// them as one object.
import Document
import Glibc
import Language

@main
enum Main {
    static func main() {
        do {
            let profiles = (0..<50).map(profile)
            let start = nanoseconds
            let router = try Router(profiles, rules: rules)
            let made = Double(nanoseconds - start) / 1e6
            let reader = try ParameterReader(profiles[0].parameters)
            let figures = [
                ("route", measured { _ = router.decision(questions[$0 % questions.count]) }),
                ("parameters", measured { _ = reader.read(questions[$0 % questions.count]) }),
                ("make_milliseconds", made),
            ]
            if CommandLine.arguments.contains("--json") {
                print("{\(figures.map { "\"\($0.0)\":\($0.1)" }.joined(separator: ","))}")
            } else {
                for (name, figure) in figures { print("\(name): \(figure)") }
            }
        } catch {
            print("bench-language: \(error)")
            exit(1)
        }
    }

    private static let things = [
        "invoice", "ticket", "shipment", "backup", "index", "session", "report", "pipeline",
        "contract", "device",
    ]
    private static let verbs = ["check", "summarize", "repair", "forecast", "audit"]

    private static func profile(_ number: Int) -> AgentProfile {
        let thing = things[number % things.count]
        let verb = verbs[number / things.count]
        return AgentProfile(
            "\(verb)_\(thing)",
            [
                "description": .string("Can \(verb) the \(thing) of a customer and says why."),
                "use_cases": .array([
                    .string("\(verb) the \(thing)s of the last week"),
                    .string("why does a \(thing) need somebody to \(verb) it"),
                ]),
                "keywords": .array([.string(thing), .string("\(verb) \(thing)")]),
                "parameters": [
                    "type": "object",
                    "properties": [
                        "hours": ["type": "number", "description": "how far back, in hours"],
                        "limit": ["type": "integer", "description": "how many to list"],
                    ],
                ],
            ])
    }

    private static var rules: RoutingRules {
        var rules = RoutingRules()
        rules.overlap = .longest
        rules.rules = (0..<50).map { number in
            let profile = profile(number)
            let phrases = (0..<10).map {
                "\(profile.name.split(separator: "_")[1]) plan \($0) \(number)"
            }
            return RoutingRules.Rule(phrases: phrases, agents: [profile.name])
        }
        return rules
    }

    private static let questions = [
        "which invoices of the last three hours need repair, and what about the backups?",
        "give me the top five shipments of the past two days, but leave the contracts out",
        "is there any reason to audit the devices of our customers in Rotterdam again",
        "forcast the sessions for next quarter and sumarize the tickets",
    ]

    /// The median of rounds of a hundred calls, in microseconds for one of them.
    private static func measured(_ work: (Int) -> Void) -> Double {
        var rounds: [Double] = []
        for _ in 0..<100 {
            let start = nanoseconds
            for call in 0..<100 { work(call) }
            rounds.append(Double(nanoseconds - start) / 100 / 1000)
        }
        return (rounds.sorted()[rounds.count / 2] * 1000).rounded() / 1000
    }

    /// The processor's time, so that what else a machine does counts for little.
    private static var nanoseconds: UInt64 {
        var time = timespec()
        unsafe clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
