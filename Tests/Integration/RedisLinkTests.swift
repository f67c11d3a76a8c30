import Glibc
import Reactor
import Telemetry
import TestKit
import Testing

@testable import Store

extension Integration {
    /// A connection to a real Redis, and everything that can happen to it.
    @Suite(
        .serialized, .timeLimit(.minutes(1)),
        .enabled(if: RedisServer.isInstalled, Comment(rawValue: RedisServer.missing)))
    struct RedisLinkTests {
        @Test("A connection greets Redis with its name and database, and learns what it is")
        func greeting() async throws {
            let server = try RedisServer()
            let client = try RedisClient(server.socket)
            let facts = try await LinkBench.run("\(server.endpoint)?db=3") { bench in
                await bench.until("ready")
                #expect(await bench.ask("SET", "k", "v") == .reply(.status("OK")))
                let list = try client.ask("CLIENT", "LIST").text ?? ""
                #expect(list.contains("name=bench") && list.contains("db=3"))
                return bench.facts
            }
            try client.ask("SELECT", "3")
            #expect(try client.ask("GET", "k").text == "v")
            #expect(facts?.version.split(separator: ".").count == 3 && facts?.role == "master")
            #expect(facts?.runID.utf8.count == 40 && facts?.isLoading == false)
            #expect(facts?.policy == "noeviction" && facts?.appendOnly == true)
            #expect(facts?.appendSync == "everysec")
        }

        @Test("Scripts run with their key and arguments, and answers come in order")
        func scripts() async throws {
            let server = try RedisServer()
            try await LinkBench.run(server.endpoint) { bench in
                await bench.until("ready")
                let (echo, sum) = (LinkBench.scripts[0], LinkBench.scripts[1])
                let words = RedisReply.array([.bytes([107]), .bytes(Array("ä\r\n$".utf8))])
                #expect(await bench.call(echo, "k", "ä\r\n$") == .reply(words))
                #expect(await bench.call(echo, "k") == .reply(.array([.bytes([107]), .null])))
                for total in 1...3 {
                    #expect(await bench.call(sum, "s", "1") == .reply(.integer(Int64(total))))
                }
                let unknown = RedisScript(name: "late", text: "return 7")
                #expect(await bench.call(unknown, "k") == .reply(.integer(7)))
                #expect(await bench.call(unknown, "k") == .reply(.integer(7)))
                guard case .reply(.error(let text)) = await bench.call(sum, "s", "x") else {
                    Issue.record("no error")
                    return
                }
                #expect(text.contains("not an integer"))
                let all = await bench.flood(500, ["INCR", "n"]).all()
                #expect(all == (1...500).map { .reply(.integer($0)) })
            }
        }

        @Test("What is large goes there and comes back whole, with others behind it")
        func large() async throws {
            let server = try RedisServer()
            // A busy machine may take its time over so much.
            let settings = LinkBench.settings { $0.deadline = .seconds(60) }
            try await LinkBench.run(server.endpoint, settings) { bench in
                await bench.until("ready")
                let value = String(repeating: "y", count: 5_000_000)
                let sets = bench.flood(8, ["SET", "k", value])
                let gets = bench.flood(8, ["GET", "k"])
                #expect(await sets.all().allSatisfy { $0 == .reply(.status("OK")) })
                let bytes = RedisReply.bytes(Array(value.utf8))
                #expect(await gets.all().allSatisfy { $0 == .reply(bytes) })
            }
        }

        @Test("All calls of one tick leave in one write")
        func oneWrite() async throws {
            let server = try RedisServer()
            let client = try RedisClient(server.socket)
            @Sendable func reads() throws -> Int {
                let text = try client.ask("INFO", "stats").text ?? ""
                let line = text.split(whereSeparator: \.isNewline).first {
                    $0.hasPrefix("total_reads_processed:")
                }
                return try #require(line.flatMap { Int($0.drop { $0 != ":" }.dropFirst()) })
            }
            try await LinkBench.run(server.endpoint) { bench in
                await bench.until("ready")
                let before = try reads()
                #expect(await bench.flood(100, ["PING"]).answered() == 100)
                // The one more is that of the question itself.
                #expect(try reads() - before == 2)
            }
        }

        @Test("F19 a killed Redis leaves what was pending unknown, each once, and is found again")
        func killed() async throws {
            let server = try RedisServer()
            let client = try RedisClient(server.socket)
            try await LinkBench.run(server.endpoint) { bench in
                var place = await bench.until("ready")
                let before = bench.facts?.runID
                try client.ask("CLIENT", "PAUSE", "10000")
                let flood = bench.flood(50, ["INCR", "n"])
                await bench.turn()
                server.kill()
                #expect(await flood.answered() == 0 && flood.repeated == 0)
                place = await bench.until("away", from: place)
                #expect(!bench.link.isReady)
                guard case .unknown = await bench.ask("PING") else {
                    Issue.record("answered by nobody")
                    return
                }
                try server.start()
                await bench.until("ready", from: place)
                #expect(bench.facts?.runID != before)
                #expect(await bench.ask("PING") == .reply(.status("PONG")))
                let echo = LinkBench.scripts[0]
                let words = RedisReply.array([.bytes([107]), .bytes([49])])
                #expect(await bench.call(echo, "k", "1") == .reply(words))
            }
        }

        @Test("A Redis that is not there is told once, and used as soon as it is")
        func absent() async throws {
            let server = try RedisServer()
            server.stop()
            try await LinkBench.run(server.endpoint) { bench in
                await bench.until("away")
                for _ in 0..<20 { try await bench.loop.sleep(for: .milliseconds(1)) }
                #expect(bench.words.count == 1, "\(bench.words)")
                try server.start()
                await bench.until("ready")
            }
        }

        @Test("F38 a wrong password, a missing one and a missing right are refused, and say so")
        func credentials() async throws {
            let server = try RedisServer(["requirepass", "right"])
            let admin = try RedisClient(server.socket)
            try admin.ask("AUTH", "right")
            try admin.ask("ACL", "SETUSER", "few", "on", ">pw", "~*", "+@all", "-config")
            try admin.ask("ACL", "SETUSER", "less", "on", ">pw", "~*", "+@all", "-script")
            var endpoint = try RedisEndpoint(server.endpoint)
            let cases: [(String?, String?, String)] = [
                (nil, nil, "refused forbidden Redis wants a password"),
                (nil, "wrong", "refused forbidden Redis does not take this user"),
                ("less", "pw", "refused forbidden this user of Redis may not"),
                (nil, "right", "ready"), ("few", "pw", "ready"),
            ]
            for (user, password, expected) in cases {
                (endpoint.user, endpoint.password) = (user, password)
                try await LinkBench.run(endpoint) { bench in
                    await bench.until("")
                    #expect(bench.words[0].hasPrefix(expected), "\(bench.words)")
                    #expect(!bench.words[0].contains("wrong"))
                    if user == "few" { #expect(bench.facts?.policy == nil) }
                }
            }
        }

        @Test("A database that is not there is refused")
        func database() async throws {
            let server = try RedisServer()
            try await LinkBench.run("\(server.endpoint)?db=77") { bench in
                await bench.until("refused address")
            }
        }

        @Test("F33 scripts that Redis has forgotten are loaded again, and run once")
        func forgotten() async throws {
            let server = try RedisServer()
            let client = try RedisClient(server.socket)
            try await LinkBench.run(server.endpoint) { bench in
                await bench.until("ready")
                let sum = LinkBench.scripts[1]
                for total in 1...5 {
                    try client.ask("SCRIPT", "FLUSH")
                    #expect(await bench.call(sum, "n", "1") == .reply(.integer(Int64(total))))
                }
                #expect(bench.words == ["ready"])
            }
        }

        @Test("F35 a connection that was killed comes back, and what was pending is unknown")
        func killedConnection() async throws {
            let server = try RedisServer()
            let client = try RedisClient(server.socket)
            try await LinkBench.run(server.endpoint) { bench in
                let place = await bench.until("ready")
                let flood = bench.flood(10, ["BLPOP", "none", "0"])
                await bench.turn()
                try client.ask("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
                #expect(await flood.answered() == 0 && flood.repeated == 0)
                await bench.until("ready", from: place)
                #expect(await bench.ask("ECHO", "x") == .reply(.bytes([120])))
            }
        }

        @Test("F21 F22 an answer after the deadline is never taken for that of a later call")
        func late() async throws {
            let server = try RedisServer()
            let client = try RedisClient(server.socket)
            let settings = LinkBench.settings { $0.deadline = .milliseconds(50) }
            try await LinkBench.run(server.endpoint, settings) { bench in
                let place = await bench.until("ready")
                server.pause()
                let flood = bench.flood(10, ["ECHO", "old"])
                #expect(await flood.answered() == 0 && flood.repeated == 0)
                await bench.until("away Redis has not answered", from: place)
                server.resume()
                await bench.until("ready", from: place)
                #expect(await bench.ask("ECHO", "new") == .reply(.bytes(Array("new".utf8))))
                try client.ask("CLIENT", "PAUSE", "200", "ALL")
                guard case .unknown(let reason) = await bench.ask("ECHO", "old") else {
                    Issue.record("answered in a pause")
                    return
                }
                #expect(reason.contains("has not answered within"))
                await bench.until("ready", from: bench.words.count)
                #expect(await bench.ask("ECHO", "new") == .reply(.bytes(Array("new".utf8))))
            }
        }

        @Test("F27 a Redis that loads its data is waited for")
        func loading() async throws {
            let server = try RedisServer([
                "key-load-delay", "300", "loading-process-events-interval-bytes", "1024",
            ])
            let client = try RedisClient(server.socket)
            for number in 0..<5000 {
                try client.ask("SET", "key:\(number)", String(repeating: "x", count: 200))
            }
            server.stop()
            try server.start(waits: false)
            try await LinkBench.run(server.endpoint) { bench in
                let place = await bench.until("away Redis is loading")
                await bench.until("ready", from: place)
                #expect(await bench.ask("DBSIZE") == .reply(.integer(5000)))
            }
        }

        @Test("F28 a master that became a replica is left at its first refusal")
        func moved() async throws {
            let server = try RedisServer()
            let client = try RedisClient(server.socket)
            try await LinkBench.run(server.endpoint) { bench in
                let place = await bench.until("ready")
                try client.ask("REPLICAOF", "127.0.0.1", "1")
                guard case .reply(.error(let text)) = await bench.ask("SET", "k", "v") else {
                    Issue.record("a replica took a write")
                    return
                }
                #expect(text.hasPrefix("READONLY"))
                await bench.until("away READONLY", from: place)
                try client.ask("REPLICAOF", "NO", "ONE")
                await bench.until("ready", from: place)
                #expect(await bench.ask("SET", "k", "v") == .reply(.status("OK")))
            }
        }

        @Test("Where no more clients are let in, it waits until one is")
        func crowded() async throws {
            let server = try RedisServer()
            let admin = try RedisClient(server.socket)
            try admin.ask("CONFIG", "SET", "maxclients", "2")
            var others: RedisClient? = try RedisClient(server.socket)
            try others?.ask("PING")
            try await LinkBench.run(server.endpoint) { bench in
                let place = await bench.until("away")
                try admin.ask("CONFIG", "SET", "maxclients", "10")
                await bench.until("ready", from: place)
            }
            others = nil
        }

        @Test("F23 a full Redis, and one that must not write, answer with their own words")
        func full() async throws {
            let server = try RedisServer(["maxmemory", "1mb"])
            try await LinkBench.run(server.endpoint) { bench in
                await bench.until("ready")
                let value = String(repeating: "x", count: 200_000)
                var words: [String] = []
                for number in 0..<10 {
                    if case .reply(.error(let text)) = await bench.ask("SET", "\(number)", value) {
                        words.append(text)
                    }
                }
                #expect(!words.isEmpty && words.allSatisfy { $0.hasPrefix("OOM") })
                #expect(bench.link.isReady && bench.words == ["ready"])
            }
        }

        @Test("What is published is heard, also after the connection was lost")
        func subscribed() async throws {
            let server = try RedisServer()
            let client = try RedisClient(server.socket)
            try await LinkBench.run(server.endpoint) { bench in
                var heard: [String] = []
                bench.link.subscribe("news") { heard.append($0) }
                var place = 0
                for text in ["one", "two"] {
                    place = await bench.until("ready", from: place)
                    while try client.ask("PUBLISH", "news", text).number == 0 {
                        await bench.turn()
                    }
                    while heard.last != text { await bench.turn() }
                    bench.link.subscribe("more") { heard.append($0) }
                    while try client.ask("PUBLISH", "more", "m").number == 0 { await bench.turn() }
                    while heard.last != "m" { await bench.turn() }
                    try client.ask("CLIENT", "KILL", "TYPE", "pubsub")
                }
                #expect(heard.first == "one" && heard.contains("two"))
                await bench.until("ready", from: place)
            }
        }

        @Test("Two hundred lost connections leave no descriptor, and no child gets one")
        func descriptors() async throws {
            let server = try RedisServer()
            let client = try RedisClient(server.socket)
            // Whatever else this process has open is not the link's.
            let others = openDescriptors()
            try await LinkBench.run(server.endpoint) { bench in
                var place = await bench.until("ready")
                let before = openDescriptors()
                for _ in 0..<200 {
                    try client.ask("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
                    place = await bench.until("ready", from: place)
                }
                #expect(openDescriptors().count == before.count)
                let sockets = openDescriptors().filter {
                    $1.hasPrefix("socket:") && others[$0] != $1
                }
                #expect(sockets.keys.allSatisfy { fcntl($0, F_GETFD) & FD_CLOEXEC != 0 })
            }
        }

        @Test("Closing answers everything that is pending once, and nothing comes after it")
        func closed() async throws {
            let server = try RedisServer()
            try await LinkBench.run(server.endpoint) { bench in
                await bench.until("ready")
                let flood = bench.flood(100, ["PING"])
                bench.link.close()
                bench.link.close()
                let after = bench.flood(3, ["PING"])
                #expect(await flood.answered() == 0 && flood.repeated == 0)
                #expect(await after.answered() == 0 && after.repeated == 0)
                bench.link.open()
                for _ in 0..<10 { await bench.turn() }
                #expect(bench.words == ["ready"] && !bench.link.isReady)
            }
        }

        @Test("A user that closes or asks again in the midst of an answer harms nothing")
        func insideAnswers() async throws {
            let server = try RedisServer()
            try await LinkBench.run(server.endpoint) { bench in
                await bench.until("ready")
                #expect(await bench.ask("PING") == .reply(.status("PONG")))
                let inner = LinkBench.Flood(1)
                let outer = LinkBench.Flood(1)
                bench.link.send(["PING"]) { outcome in
                    bench.link.send(["ECHO", "x"]) { inner.add($0, at: 0) }
                    outer.add(outcome, at: 0)
                }
                #expect(await outer.answered() == 1)
                #expect(await inner.all() == [.reply(.bytes([120]))])
                let rest = LinkBench.Flood(2)
                bench.link.send(["PING"]) { outcome in
                    bench.link.close()
                    rest.add(outcome, at: 0)
                }
                bench.link.send(["PING"]) { rest.add($0, at: 1) }
                #expect(await rest.answered() == 1 && rest.repeated == 0)
            }
        }
    }
}
