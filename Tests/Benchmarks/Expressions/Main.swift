/// How long expressions take: to compile, for a condition, and for a list that is chosen from and
/// made anew. Prints the median of many rounds of each; `--json` prints them as one object.
import Document
import Flow
import Glibc

@main
enum Main {
    private static let condition = ".order.total > 100 and .status == \"open\""
    private static let choice = "[.items[] | select(.price > 10) | {name, price}]"

    static func main() {
        do {
            let figures = [
                ("compile", try measured { _ = try Expression(choice) }),
                ("condition", try evaluated(condition, on: order)),
                ("choice", try evaluated(choice, on: items)),
            ]
            let isJSON = CommandLine.arguments.contains("--json")
            if isJSON {
                print("{\(figures.map { "\"\($0.0)\":\($0.1)" }.joined(separator: ","))}")
            } else {
                for (name, microseconds) in figures { print("\(name): \(microseconds) µs") }
            }
        } catch {
            print("bench-expressions: \(error)")
            exit(1)
        }
    }

    private static let order: Value = [
        "id": "o-1", "order": ["total": 150, "currency": "EUR"], "status": "open",
    ]

    /// About 4 KB of JSON: half of the items are chosen.
    private static var items: Value {
        .object([
            "items": .array(
                (0..<50).map { number in
                    .object([
                        "name": .string("item number \(number)"), "price": Value(number % 20),
                        "sku": .string("sku-\(number)"), "stock": Value(number * 3),
                    ])
                })
        ])
    }

    private static func evaluated(_ text: String, on input: Value) throws -> Double {
        let expression = try Expression(text)
        let scope = Expression.Scope()
        return try measured { _ = try expression.first(input, in: scope) }
    }

    /// The median of rounds of a hundred calls, in microseconds for one of them.
    private static func measured(_ work: () throws -> Void) throws -> Double {
        var rounds: [Double] = []
        for _ in 0..<300 {
            let start = nanoseconds
            for _ in 0..<100 { try work() }
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
