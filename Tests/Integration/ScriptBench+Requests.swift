import TestKit

/// Requests and their endings in a few words, for tests that vary one thing at a time.
extension ScriptBench {
    /// When tests begin, in milliseconds since 1970.
    static let start = 1_700_000_000_000

    /// The key of a request: 22 letters, as a digest has.
    static func key(_ number: Int) -> String {
        "k" + String(repeating: "0", count: 21 - String(number).count) + String(number)
    }

    struct Request {
        var key: String
        var id = "id"
        var tenant = "t"
        var agent = "echo"
        var body = String(repeating: "b", count: 22)
        var deadline = "\(ScriptBench.start + 900_000)"
        var priority = 0
        var waits = false
        var input = Array("input".utf8)

        init(_ number: Int) { key = ScriptBench.key(number) }

        func with(_ change: (inout Request) -> Void) -> Request {
            var copy = self
            change(&copy)
            return copy
        }

        var words: [[UInt8]] {
            [key, id, tenant, agent, body, deadline, String(priority), waits ? "1" : "0"]
                .map { Array($0.utf8) } + [input]
        }
    }

    struct Ending {
        var key: String
        var state = "S"
        var attempt = "1"
        var instance = "echo-1"
        var code = ""
        var isDead = false
        var size = "1000"
        var output = Array("output".utf8)

        init(_ number: Int) { key = ScriptBench.key(number) }

        func with(_ change: (inout Ending) -> Void) -> Ending {
            var copy = self
            change(&copy)
            return copy
        }

        var words: [[UInt8]] {
            [key, state, "1", attempt, "echo", instance, code, "5", isDead ? "1" : "0", size]
                .map { Array($0.utf8) } + [output, Array("0".utf8)]
        }
    }

    struct Retention {
        var milliseconds = 3_600_000
        var count = 1000
        var bytes = 1 << 30
        var dead = 10
    }

    func accept(
        _ me: String, now: Int = start, waiting: Int = 100, held: Int = 100, _ requests: Request...
    ) throws -> String {
        let opening = [me, String(now), String(waiting), String(held)].map { Array($0.utf8) }
        guard packs, let packed = self.packed(me, now, requests) else {
            return try call("accept", bytes: opening + requests.flatMap(\.words)).text ?? "nothing"
        }
        let letters = try call("accept", bytes: opening + packed.words).text ?? "nothing"
        for (place, letter) in letters.enumerated() where letter == "A" {
            records[requests[place].key] = (me, packed.records[place])
        }
        return letters
    }

    func finish(
        _ me: String, now: Int = start + 10, keeping kept: Retention = Retention(),
        _ endings: Ending...
    ) throws -> String {
        let numbers = [now, kept.milliseconds, kept.count, kept.bytes, kept.dead]
        let opening = ([me] + numbers.map { String($0) }).map { Array($0.utf8) }
        if packs, endings.count == 1, let packed = self.packed(me, now, endings[0]) {
            return try call("finish", bytes: opening + packed).text ?? "nothing"
        }
        return try call("finish", bytes: opening + endings.flatMap(\.words)).text ?? "nothing"
    }

    /// Fields as they stand in an answer.
    static func fields(_ answer: Answer?) -> [String: String] {
        let flat = answer?.list ?? []
        var fields: [String: String] = [:]
        for place in stride(from: 0, to: flat.count - 1, by: 2) {
            fields[flat[place].text ?? ""] = flat[place + 1].text
        }
        return fields
    }

    /// The fields of a request; none where there is no such request.
    func record(_ number: Int) throws -> [String: String] {
        Self.fields(try call("read", Self.key(number), "0").list?[1])
    }
}
