import Document
import Glibc
import TestKit
import Testing

@testable import baton

extension Integration {
    /// `baton up --profile ha` and what is told of it.
    @Suite(
        .serialized, .timeLimit(.minutes(2)),
        .enabled(if: CommandLineCluster.hasRedis, "the programs or redis-server are missing"))
    struct CommandLineReplicasTests {
        private func master(_ cluster: CommandLineCluster) throws -> String? {
            let text = cluster.run("$B status --json")
            return try JSON.parse(Array(text.utf8))["store"]?["master"]?["name"]?.string
        }

        @Test(
            "F29 a private master that hangs is replaced, and who is it stays so over down and up")
        func replaced() throws {
            let cluster = try CommandLineCluster(CommandLineCluster.toolbox, "--profile ha")
            #expect(cluster.run("$B status").contains("master: redis-1 at 127.0.0.1:"))
            #expect(cluster.run("$B store").contains("profile ha"))
            let nodes = try #require(try cluster.file.store?.nodes)
            #expect(nodes.count == 6 && nodes.allSatisfy(\.identity.isAlive))
            nodes[0].identity.send(SIGSTOP)
            let moved = "until $B status | grep -qE 'master: redis-[23] '; do :; done"
            #expect(cluster.run("export B; timeout 30 sh -c \"\(moved)\"; echo $?") == "0\n")
            nodes[0].identity.send(SIGCONT)
            let call = "until $B call echo '{}' >/dev/null 2>&1; do :; done"
            #expect(cluster.run("export B; timeout 20 sh -c \"\(call)\"; echo $?") == "0\n")
            let before = try master(cluster)
            #expect(cluster.run("$B down --json") == "{\"stopped\":8}\n")
            #expect(nodes.allSatisfy { !$0.identity.isAlive })
            #expect(cluster.run("$B store; echo $?").hasSuffix("69\n"))
            #expect(
                cluster.run("$B up --profile ha --detach >/dev/null 2>&1; echo $?") == "0\n")
            #expect(try master(cluster) == before)
        }

        @Test("Nobody gets into the private Redis and its Sentinels without the password")
        func closed() throws {
            let cluster = try CommandLineCluster(CommandLineCluster.sleepers, "--profile ha")
            let nodes = try #require(try cluster.file.store?.nodes)
            let ports = nodes.map { $0.address.split(separator: ":")[1] }
            for port in ports {
                let ask = "exec 3<>/dev/tcp/127.0.0.1/\(port); echo PING >&3; head -n 1 <&3"
                #expect(cluster.run("bash -c '\(ask)'").hasPrefix("-NOAUTH"))
            }
            let modes = cluster.run(
                "stat -c %a .baton/redis.password .baton/redis-1 .baton/*/*.conf")
            #expect(Set(modes.split(separator: "\n")) == ["600", "700"])
            #expect(
                !cluster.run("$B status --json; $B store --json; cat .baton/logs/*").contains(
                    cluster.run("cat .baton/redis.password").filter { !$0.isWhitespace }))
        }
    }
}
