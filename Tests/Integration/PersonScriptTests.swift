import TestKit
import Testing
import Wire

@testable import Store

extension Integration {
    /// Tasks for people in a real Redis, beside those in memory: what both say has to be the same.
    @Suite(
        .serialized, .enabled(if: RedisServer.isInstalled, Comment(rawValue: RedisServer.missing)))
    struct PersonScriptTests {
        private func question(
            _ id: String, _ step: String, _ text: String = "{}", assignee: String = "",
            due: UInt64 = 0
        ) -> PersonCommand.Question {
            let record = SessionBench.record(id)
            var question = PersonCommand.Question(
                key: PersonKey(record, step: step), record: record, request: id, tenant: "t",
                step: step, content: Array(text.utf8))
            question.assignee = assignee
            question.title = "Well?"
            question.due = due
            return question
        }

        private func answer(
            _ question: PersonCommand.Question, by who: String, asking: String = "1",
            token: Digest? = nil, content: String = "true"
        ) -> PersonCommand {
            .answer(
                PersonCommand.Answer(
                    key: question.key, by: who, token: token, arguments: question.arguments,
                    asking: asking, content: Array(content.utf8)))
        }

        private func decision(_ reply: StateReply) -> PersonDecision? {
            if case .person(_, .answered(_, let decision)) = reply { decision } else { nil }
        }

        private func verdict(_ reply: StateReply) -> PersonVerdict? {
            if case .person(_, .asked(_, let verdict)) = reply { verdict } else { nil }
        }

        @Test("G5 any sequence of questions and answers leaves the same in memory and in Redis")
        func walk() throws {
            let server = try RedisServer()
            for seed in Seeds.share(0, of: 1, count: 8) {
                do {
                    try walk(SplitMix64(seed: seed), on: server)
                } catch {
                    Issue.record("\(error); again: \(Seeds.replay(seed, "PersonScriptTests"))")
                    return
                }
            }
        }

        private func walk(_ generator: SplitMix64, on server: RedisServer) throws {
            var settings = StoreSettings()
            settings.finishedKept = 1
            var (random, bench) = (generator, try SessionBench(settings, on: server))
            for id in ["a", "b", "d"] { try bench.accept(id) }
            for turn in 0..<250 {
                bench.pass(UInt64.random(in: 0...9, using: &random))
                let id = ["a", "b", "c", "d"].randomElement(using: &random) ?? ""
                let step = "/do/\(Int.random(in: 0...5, using: &random))"
                let text = Int.random(in: 0...9, using: &random) == 0 ? "[]" : "{}"
                var one = question(id, step, text)
                one.assignee = ["ada", ""].randomElement(using: &random) ?? ""
                if Int.random(in: 0...4, using: &random) == 0 { one.due = bench.now + 20 }
                let token = Digest("token", step)
                switch Int.random(in: 0...11, using: &random) {
                case 0...3: try bench.both(.person(1, .ask(one)))
                case 4: try bench.both(.person(1, answer(one, by: "ada", asking: "\(turn / 9)")))
                case 5: try bench.both(.person(1, answer(one, by: "bert", token: token)))
                case 6:
                    try bench.both(
                        .person(1, .allow(one.key, token: token, arguments: one.arguments)))
                case 7:
                    try bench.both(
                        .person(
                            1,
                            .withdraw(
                                one.key, of: one.record,
                                as: turn % 2 == 0 ? .withdrawn : .expired)))
                case 8: try bench.both(.person(1, .read([one.key, question(id, "/do/0").key])))
                case 9: if turn % 10 == 0 { try bench.finish(id) }
                case 10: try bench.both(.person(1, .news(since: UInt64(turn / 20))))
                default: try bench.both(.person(1, .list(query(&random))))
                }
                try bench.both(.person(1, .list(PersonCommand.Query())))
            }
        }

        private func query(_ random: inout SplitMix64) -> PersonCommand.Query {
            var query = PersonCommand.Query(
                tenant: ["t", "u", nil].randomElement(using: &random) ?? nil)
            query.assignee = ["ada", ""].randomElement(using: &random) ?? ""
            query.isOpen = Bool.random(using: &random)
            query.offset = Int.random(in: 0...3, using: &random)
            query.limit = Int.random(in: 0...4, using: &random)
            return query
        }

        @Test("a task is answered once, and asked again it says how, whoever asks")
        func once() throws {
            var bench = try SessionBench()
            try bench.accept("a")
            let one = question("a", "/do/0")
            #expect(verdict(try bench.both(.person(1, .ask(one)))) == .open)
            #expect(verdict(try bench.both(.person(1, .ask(one)))) == .open)
            let kept = PersonDecision.kept(request: "a", tenant: "t")
            #expect(decision(try bench.both(.person(1, answer(one, by: "ada")))) == kept)
            // The same asking, because its answer was lost.
            #expect(decision(try bench.both(.person(1, answer(one, by: "ada")))) == kept)
            let second = decision(try bench.both(.person(1, answer(one, by: "eve", asking: "2"))))
            #expect(second == .answered(by: "ada", at: bench.now))
            let word = PersonWord(content: Array("true".utf8), by: "ada", at: bench.now)
            #expect(verdict(try bench.both(.person(1, .ask(one)))) == .answered(word))
        }

        @Test("security 37 a token counts once, and for the very arguments it was made for")
        func token() throws {
            var bench = try SessionBench()
            try bench.accept("a")
            let one = question("a", "/do/0")
            let secret = ApprovalSecret.made()
            let token = ApprovalSecret.digest(secret, of: one.key, arguments: one.arguments)
            try bench.both(.person(1, .ask(one)))
            #expect(
                decision(try bench.both(.person(1, answer(one, by: "eve", token: token))))
                    == .token)
            try bench.both(.person(1, .allow(one.key, token: token, arguments: one.arguments)))
            let stored = try bench.redis.client.ask("HGETALL", "baton:human:\(one.key.digest)")
            #expect(!"\(stored)".contains(secret))
            // Its owner asks for something else by now: the token is worth nothing.
            let other = question("a", "/do/0", #"{"sum":1000000}"#)
            #expect(verdict(try bench.both(.person(1, .ask(other)))) == .open)
            #expect(
                decision(try bench.both(.person(1, answer(one, by: "eve", token: token))))
                    == .changed)
            #expect(
                decision(try bench.both(.person(1, answer(other, by: "eve", token: token))))
                    == .token)
        }

        @Test("with the end of its request a task leaves the lists, and with its record the store")
        func retention() throws {
            var settings = StoreSettings()
            settings.finishedKept = 1
            var bench = try SessionBench(settings)
            for id in ["a", "b"] { try bench.accept(id) }
            let (one, two) = (question("a", "/do/0"), question("a", "/do/1"))
            for task in [one, two] { try bench.both(.person(1, .ask(task))) }
            try bench.both(.person(1, answer(one, by: "ada")))
            try bench.finish("a")
            #expect(
                decision(try bench.both(.person(1, answer(two, by: "ada"))))
                    == .withdrawn(at: bench.now))
            #expect(try bench.redis.client.ask("ZCARD", "baton:human").number == 0)
            #expect(try bench.redis.client.ask("GET", "baton:finb").number == 18)
            try bench.finish("b")
            #expect(try bench.redis.client.ask("KEYS", "baton:human:*").list == [])
            #expect(try bench.redis.client.ask("KEYS", "baton:humr*").list == [])
            #expect(decision(try bench.both(.person(1, answer(one, by: "eve")))) == .unknown)
        }

        @Test("B89 what somebody's hand made of a task is not handed out, and repair drops it")
        func spoilt() throws {
            var bench = try SessionBench()
            try bench.accept("a")
            let one = question("a", "/do/0")
            try bench.both(.person(1, .ask(one)))
            let name = "baton:human:\(one.key.digest)"
            try bench.redis.client.ask("HDEL", name, "ah")
            #expect(decision(try bench.asked(.person(1, answer(one, by: "ada")))) == .unreadable)
            guard case .person(_, .found([])) = try bench.asked(.person(1, .read([one.key])))
            else {
                Issue.record("it is read")
                return
            }
            try bench.redis.client.ask("DEL", name)
            try bench.redis.client.ask("SET", name, "x")
            try bench.redis.client.ask("ZADD", "baton:human", "1", "stranger")
            #expect(decision(try bench.asked(.person(1, answer(one, by: "ada")))) == .unreadable)
            try bench.redis.client.ask("DEL", name)
            let mended = try bench.redis.call("repair", "a#1", "50", "\(bench.now)").list
            #expect(mended?.last?.number == 2)
            #expect(verdict(try bench.asked(.person(1, .ask(one)))) == .open)
        }

        @Test("a request asks at most 256 people at once; those that answered make room")
        func many() throws {
            var bench = try SessionBench()
            try bench.accept("a")
            for number in 0..<256 {
                try bench.both(.person(1, .ask(question("a", "/do/\(number)"))))
            }
            let more = question("a", "/do/256")
            #expect(verdict(try bench.both(.person(1, .ask(more)))) == .full)
            try bench.both(.person(1, answer(question("a", "/do/7"), by: "ada")))
            #expect(verdict(try bench.both(.person(1, .ask(more)))) == .open)
            var (query, seen) = (PersonCommand.Query(tenant: "t"), 0)
            while case .person(_, .listed(let tasks, 256, let next)) = try bench.both(
                .person(1, .list(query)))
            {
                seen += tasks.count
                guard let next else { break }
                query.offset = next
            }
            #expect(seen == 256)
        }

        @Test("another owner's request is asked nothing, and withdraws nothing")
        func fenced() throws {
            var bench = try SessionBench()
            try bench.accept("a")
            let one = question("a", "/do/0")
            try bench.both(.person(1, .ask(one)))
            try bench.redis.client.ask("HSET", "baton:r:\(one.record)", "own", "b#2")
            #expect(verdict(try bench.asked(.person(1, .ask(one)))) == .fenced)
            _ = try bench.asked(.person(1, .withdraw(one.key, of: one.record, as: .withdrawn)))
            #expect(try bench.redis.client.ask("ZCARD", "baton:human").number == 1)
        }
    }
}
