import Document
import Glibc
import TestKit
import Testing

@testable import baton

extension Integration {
    /// `baton store` on a real Redis: what is there, into a file, and back.
    @Suite(
        .serialized,
        .enabled(if: RedisServer.isInstalled && CommandLineCluster.isBuilt)
    )
    struct CommandLineStoreTests {
        private let redis: RedisServer
        private let shell: CommandLineCluster

        init() throws {
            redis = try RedisServer()
            shell = try CommandLineCluster(nil)
        }

        private var option: String { "--store \(redis.endpoint)" }

        /// As orchestrators leave a store behind.
        private func fill() throws {
            let client = try RedisClient(redis.socket)
            for number in 0..<300 {
                _ = try client.ask("HSET", "baton:r:\(number)", "st", "S", "at", "1000")
                _ = try client.ask("SET", "baton:o:\(number)", "\0\u{1}ü")
            }
            _ = try client.ask("RPUSH", "baton:fin", "0 1000 90 -", "1 2000 90 -")
            _ = try client.ask("ZADD", "baton:unc", "1500", "7")
            _ = try client.ask("XADD", "baton:e:1", "3-0", "t", "done")
            _ = try client.ask("SADD", "baton:own:o1#1", "8", "9")
            _ = try client.ask("ZADD", "baton:inst", "1000", "o1#1")
            _ = try client.ask("SET", "baton:m:1", "x", "PX", "3600000")
            _ = try client.ask("SET", "baton:now", "5", "PX", "1")
            _ = try client.ask("SET", "gone", "no key of ours")
        }

        @Test("S5-30 all kinds are counted, with their bytes and ages, and nothing of others")
        func shows() throws {
            try fill()
            let value = try JSON.parse(shell.run("$B store \(option) --json"))
            #expect(value["requests"]?["running"] == 2 && value["requests"]?["uncertain"] == 1)
            #expect(value["requests"]?["finished"] == 2 && value["requests"]?["dead"] == 0)
            let kinds = value["kinds"]?.array ?? []
            let requests = kinds.first { $0["kind"] == "requests" }
            #expect(requests?["keys"] == 300)
            #expect((requests?["bytes"]?.integer ?? 0) > 300 * 50)
            #expect((requests?["oldest_ms"]?.integer ?? 0) > 1 << 40)
            #expect(!kinds.contains { $0["kind"] == "unknown" })
            #expect(value["instances"]?.array?.first?["instance"] == "o1#1")
            let text = shell.run("$B store \(option)")
            #expect(text.contains("REQUESTS") || text.contains("requests"))
            #expect(text.contains("o1#1"))
        }

        @Test("A backup brings back exactly what was there, with what is left of its time")
        func roundTrip() throws {
            try fill()
            let before = shell.run("$B store \(option) --json | jq -c '[.keys, .requests]'")
            #expect(shell.run("$B store backup x \(option) --json | jq .keys").hasSuffix("606\n"))
            let client = try RedisClient(redis.socket)
            #expect(shell.run("$B store restore x \(option); echo $?").hasSuffix("\n1\n"))
            _ = try client.ask("SET", "baton:r:new", "x")
            #expect(
                shell.run("$B store restore x \(option) --replace >/dev/null; echo $?") == "0\n")
            #expect(shell.run("$B store \(option) --json | jq -c '[.keys, .requests]'") == before)
            #expect(try client.ask("GET", "baton:o:7").text == "\0\u{1}ü")
            #expect(try client.ask("EXISTS", "baton:r:new") == .number(0))
            #expect(try client.ask("GET", "gone").text == "no key of ours")
            guard case .number(let left) = try client.ask("PTTL", "baton:m:1") else {
                Issue.record("no time to live")
                return
            }
            #expect((1...3_600_000).contains(left))
            let empty = try RedisServer()
            let there = "$B store restore x --store \(empty.endpoint); echo $?"
            #expect(shell.run(there).hasSuffix("\n0\n"))
        }

        @Test("Nothing is written from a damaged file, to a store in use, or under another prefix")
        func refusals() throws {
            try fill()
            _ = shell.run("$B store backup x \(option)")
            let empty = try RedisServer()
            let client = try RedisClient(empty.socket)
            let there = "--store \(empty.endpoint)"
            _ = shell.run("head -c 5000 x > cut; (cat x; echo) > long; echo hello > foreign")
            for file in ["cut", "long", "foreign"] {
                #expect(shell.run("$B store restore \(file) \(there); echo $?").hasSuffix("65\n"))
            }
            #expect(shell.run("$B store restore none \(there); echo $?").hasSuffix("66\n"))
            let other = shell.run("$B store restore x \(there) --prefix mine:; echo $?")
            #expect(other.contains("--prefix baton:") && other.hasSuffix("1\n"))
            _ = try client.ask("ZADD", "baton:inst", "9999999999999", "o1#5")
            let live = shell.run("$B store restore x \(there) --replace; echo $?")
            #expect(live.contains("o1#5") && live.hasSuffix("1\n"))
            #expect(try client.ask("DBSIZE") == .number(1))
            #expect(
                shell.run("$B store backup /nonexistent/x \(option); echo $?").hasSuffix("73\n"))
        }

        @Test("A Redis that is not there or wants a password is named, the password is not")
        func unreachable() throws {
            #expect(shell.run("$B store --store unix:/nowhere; echo $?").hasSuffix("69\n"))
            let closed = try RedisServer(["requirepass", "secret"])
            let none = shell.run("$B store --store \(closed.endpoint); echo $?")
            #expect(!none.hasSuffix("\n0\n"))
            let wrong = shell.run(
                "P=wrong1 $B store --store \(closed.endpoint) --password env:P; echo $?")
            #expect(!wrong.hasSuffix("\n0\n") && !wrong.contains("wrong1"))
            let right = "P=secret $B store --store \(closed.endpoint) --password env:P >/dev/null"
            #expect(shell.run("\(right); echo $?") == "0\n")
        }

        @Test("Ctrl-C ends a backup and leaves no part of it behind")
        func interrupted() throws {
            redis.pause()
            let line = "setsid $B store backup x \(option) & P=$!; "
            _ = shell.run(line + "until kill -INT $P 2>/dev/null; do :; done; wait $P; echo $?")
            redis.resume()
            #expect(shell.run("ls") == "")
        }

        @Test("The Redis of a cluster that does not run is woken for a visit, and sleeps again")
        func asleep() throws {
            let cluster = try CommandLineCluster(CommandLineCluster.sleepers, "")
            _ = cluster.run("$B down")
            #expect(cluster.run("$B store backup x >/dev/null; echo $?") == "0\n")
            #expect(cluster.run("$B store restore x --replace >/dev/null; echo $?") == "0\n")
            #expect(cluster.run("pgrep -f unixsocket:$PWD/.baton | wc -l").contains("0"))
            #expect(cluster.run("$B up --detach >/dev/null 2>&1; echo $?") == "0\n")
        }
    }
}
