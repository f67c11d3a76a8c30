import TestKit
import Testing

/// All scripts together, in any order.
extension Integration {
    @Suite(.enabled(if: RedisServer.isInstalled, Comment(rawValue: RedisServer.missing)))
    struct ScriptWalkTests {
        @Test(
            "B90 G9 any sequence of calls leaves a request in one place, its events without a gap"
        )
        func walks() throws {
            let bench = try ScriptBench()
            for seed in Seeds.share(0, of: 1, count: 12) {
                do {
                    let bench = try ScriptBench(bench.server)
                    bench.packs = seed % 2 == 1
                    var walk = try ScriptWalk(bench, seed: seed)
                    try walk.run(250)
                } catch {
                    Issue.record("\(error); again: \(Seeds.replay(seed, "ScriptWalkTests"))")
                    return
                }
            }
        }

        @Test("a bug in a script is found by the walk", arguments: bugs)
        func planted(bug: ScriptBench.Change) throws { try find(bug) }

        @Test("a bug in what is packed is found by the walk", arguments: packedBugs)
        func planted(packed bug: ScriptBench.Change) throws { try find(bug, packing: true) }

        private func find(_ bug: ScriptBench.Change, packing: Bool = false) throws {
            let server = try RedisServer()
            let isFound = try (0..<6).contains { seed in
                let bench = try ScriptBench(server, changing: bug)
                bench.packs = packing
                do {
                    var walk = try ScriptWalk(bench, seed: UInt64(seed))
                    try walk.run(250)
                    return false
                } catch {
                    return true
                }
            }
            #expect(isFound, "nobody noticed: \(bug)")
        }

        private static func bug(
            _ script: String, _ old: String, _ new: String, _ what: String
        ) -> ScriptBench.Change {
            ScriptBench.Change(script: script, old: old, new: new, description: what)
        }

        private static let packedBugs = [
            bug(
                "accept", "if call(\"EXISTS\", unpack(keys)) > 0 then", "if false then",
                "packed requests are always new"),
            bug(
                "finish", "if records[i] ~= ARGV[before + i - 1] then", "if false then",
                "a packed ending does not look at the record"),
            bug(
                "finish", "quota(ARGV[i], \"-\" .. ARGV[i + 1])", "quota(ARGV[i], 0)",
                "a packed ending gives no quota back"),
            bug(
                "finish", "sure(\"SREM\", P .. \"own:\" .. me, unpack(ARGV, k, before - 1))", "",
                "a packed ending leaves the request with its owner"),
        ]

        private static let bugs = [
            bug(
                "finish", "if sub(record, 56, 55 + own) ~= me then return nil, \"F\" end", "",
                "finish does not ask who owns a lean request"),
            bug(
                "finish", "if row[1] ~= \"R\" or row[2] ~= me then", "if row[1] ~= \"R\" then",
                "finish does not ask who owns a request"),
            bug(
                "finish", "if state ~= \"R\" then", "if state == \"A\" then",
                "what has ended can end again"),
            bug(
                "accept", "elseif not none_known then", "elseif false then",
                "accept knows nothing"),
            bug("accept", "if count >= most_held then", "if false then", "no quota"),
            bug(
                "advance", "if number and number <= kept then return \"K\" end", "",
                "a repeated step is refused"),
            bug(
                "advance", "if row[2] ~= me then return \"F\" end", "",
                "advance does not ask who owns a request"),
            bug(
                "journal", "if length >= total then return \"K\" end", "",
                "a repeated entry is refused"),
            bug(
                "journal", "if row[2] ~= me then return \"F\" end", "",
                "a journal does not ask who owns a request"),
            bug("journal", "or length ~= before or", "or", "entries are added anywhere"),
            bug(
                "journal", "\"HSETNX\", P .. \"jb:\" .. k, ARGV[i], ARGV[i + 1]) == 1",
                "\"HSET\", P .. \"jb:\" .. k, ARGV[i], ARGV[i + 1]) >= 0",
                "a body counts twice"),
            bug(
                "prelude", "list[n + 6], list[n + 7] = P .. \"j:\" .. k, P .. \"jb:\" .. k", "",
                "a journal outlives its request"),
            bug("claim", "sure(\"SADD\", own, k)", "", "claim takes without owning"),
            bug("claim", "\"st\", \"R\", \"own\", me)", "\"st\", \"R\")", "claim sets no owner"),
            bug(
                "claim", "\"1R\" .. string.sub(record, 3, 49)",
                "\"1A\" .. string.sub(record, 3, 49)", "a claimed request still waits"),
            bug("adopt", "\"own\", me, \"rev\"", "\"rev\"", "adopt sets no owner"),
            bug("adopt", "then flat[i + 1] = me end", "then end", "adopt sets no owner, if lean"),
            bug("cancel", "quota(row[2], -1)", "", "cancel gives no quota back"),
            bug(
                "release", "string.format(\"%.0f\", rev + 1)", "string.format(\"%.0f\", rev + 2)",
                "an event is skipped"),
            bug(
                "revive", "sure(\"ZREM\", P .. \"dlq\", k)", "",
                "a revived request stays a dead letter"),
            bug(
                "discard", "bury(k, now, row[3] or weight(k), row[4] or row[5])", "",
                "a discarded request is never forgotten"),
            bug(
                "finish", "quota(tenant, change) end", "end", "finish gives no quota back"),
        ]
    }
}
