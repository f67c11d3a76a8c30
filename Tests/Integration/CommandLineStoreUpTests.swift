import Document
import Glibc
import TestKit
import Testing

@testable import baton

extension Integration {
    /// The private Redis of a cluster, from its start to its end.
    @Suite(.serialized, .enabled(if: CommandLineCluster.hasRedis)) struct CommandLineStoreUpTests {
        private func setting(_ name: String, _ cluster: CommandLineCluster) throws -> String {
            let words = ["CONFIG", "GET", name].map { "$\($0.utf8.count)\r\n\($0)\r\n" }
            return try ask("*3\r\n\(words.joined())", cluster)
        }

        private func ask(_ command: String, _ cluster: CommandLineCluster) throws -> String {
            let store = try #require(try cluster.file.store)
            return try #require(
                UnixConversation.answer(to: command, at: String(store.url.dropFirst(5))))
        }

        @Test("A cluster has a Redis of its own, that forgets nothing and speaks to nobody else")
        func own() throws {
            let cluster = try CommandLineCluster(CommandLineCluster.sleepers, "")
            let status = try JSON.parse(cluster.run("$B status --json"))
            #expect(status["store"]?["kind"] == "private")
            #expect(status["store"]?["profile"] == "dev")
            let names = status["processes"]?.array?.compactMap { $0["name"]?.string }
            #expect(names == ["baton", "redis", "o1", "nap.1", "nap.2"])
            let expected = [
                ("appendonly", "yes"), ("appendfsync", "everysec"), ("port", "0"), ("save", ""),
                ("maxmemory-policy", "noeviction"), ("protected-mode", "yes"),
            ]
            for (name, value) in expected {
                #expect(try setting(name, cluster).hasSuffix("\r\n\(value)\r\n"), "\(name)")
            }
            let modes = "stat -c %a .baton/redis.sock .baton/redis .baton/redis/*/*.aof | sort -u"
            #expect(cluster.run(modes) == "600\n700\n")
            let file = try cluster.file
            #expect(cluster.run("$B down --json") == "{\"stopped\":4}\n")
            #expect(file.processes.joined().filter(\.isAlive) == [])
        }

        @Test("F19 a Redis that is killed is started again with all it had; at the next start too")
        func killed() throws {
            let cluster = try CommandLineCluster(CommandLineCluster.sleepers, "")
            #expect(try ask("SET kept yes\r\n", cluster) == "+OK\r\n")
            let before = try #require(try cluster.file.store).identity
            before.send(SIGKILL)
            let again = "until $B logs redis | grep -q DB.loaded.from.append; do :; done"
            #expect(cluster.run("export B; timeout 10 sh -c '\(again)'; echo $?") == "0\n")
            let well = "until $B status >/dev/null; do :; done"
            #expect(cluster.run("export B; timeout 10 sh -c '\(well)'; echo $?") == "0\n")
            #expect(try cluster.file.store?.identity != before)
            #expect(try ask("GET kept\r\n", cluster) == "$3\r\nyes\r\n")
            #expect(
                cluster.run("{ $B down && $B up --detach; } >/dev/null 2>&1; echo $?") == "0\n")
            #expect(try ask("GET kept\r\n", cluster) == "$3\r\nyes\r\n")
        }

        @Test("The profile single has every write on the disk before it is answered")
        func single() throws {
            let system = "store: {profile: single}\n" + CommandLineCluster.sleepers
            let cluster = try CommandLineCluster(system, "")
            #expect(try setting("appendfsync", cluster).contains("always"))
            #expect(try cluster.file.store?.profile == "single")
        }

        @Test("Down ends the Redis that a killed supervisor left behind, and up does too")
        func leftovers() throws {
            let cluster = try CommandLineCluster(CommandLineCluster.sleepers, "")
            let first = try cluster.file
            first.supervisor.send(SIGKILL)
            #expect(cluster.run("$B up --detach >/dev/null 2>&1; echo $?") == "0\n")
            #expect(first.processes.joined().filter(\.isAlive) == [])
            let second = try cluster.file
            second.supervisor.send(SIGKILL)
            #expect(cluster.run("$B down >/dev/null; echo $?") == "0\n")
            #expect(second.processes.joined().filter(\.isAlive) == [])
        }

        @Test("A Redis that runs on a cluster's files already is not given a second one")
        func held() throws {
            let cluster = try CommandLineCluster(CommandLineCluster.sleepers, "")
            let file = try cluster.file
            file.supervisor.send(SIGKILL)
            #expect(
                cluster.run("mv .baton/cluster.json kept.json; $B up; echo $?").hasSuffix("69\n"))
            #expect(file.store?.identity.isAlive == true)
            _ = cluster.run("mv kept.json .baton/cluster.json")
        }

        @Test("Where redis-server is missing or too old it is said how to get on without it")
        func missing() throws {
            let cluster = try CommandLineCluster(nil)
            try cluster.folder.write("#!/bin/sh\nexit\n", to: "redis-server", mode: 0o700)
            let old = cluster.run("PATH=$PWD:$PATH $B up --detach; echo $?")
            #expect(old.contains("7.0 or later") && old.hasSuffix("69\n"))
            _ = cluster.run("rm redis-server")
            let none = cluster.run("PATH=/nowhere $B up --detach; echo $?")
            #expect(none.contains("--store memory") && none.hasSuffix("69\n"))
            #expect(none.contains("apt install redis-server"))
        }

        @Test("A start that Redis refuses is called off, with the place of its last words")
        func refused() throws {
            let cluster = try CommandLineCluster(nil)
            _ = cluster.run("mkdir -p .baton && chmod 700 .baton && echo x > .baton/redis")
            #expect(cluster.run("$B up --detach; echo $?").hasSuffix("73\n"))
            let folder = ".baton/redis/appendonlydir"
            let spoilt = "rm .baton/redis; mkdir -p -m 700 \(folder); echo x > \(folder)/"
            _ = cluster.run(spoilt + "appendonly.aof.manifest")
            let answer = cluster.run("$B up --detach; echo $?")
            #expect(answer.contains("baton logs redis") && answer.hasSuffix("69\n"))
        }
    }
}

/// One question to whoever listens at a unix socket, in his own words.
private enum UnixConversation {
    static func answer(to question: String, at path: String) -> String? {
        let number = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(number) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) {
            unsafe $0.copyBytes(from: Array(path.utf8).prefix($0.count - 1))
        }
        let connected = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(number, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        let bytes = Array(question.utf8)
        guard connected == 0, unsafe write(number, bytes, bytes.count) == bytes.count else {
            return nil
        }
        var answer = [UInt8](repeating: 0, count: 4096)
        let count = unsafe read(number, &answer, answer.count)
        return String(decoding: answer.prefix(max(0, count)), as: UTF8.self)
    }
}
