import Document
import TestKit
import Testing

@testable import baton

extension Integration {
    /// Calls and workers from the command line, on a real cluster.
    @Suite(.serialized, .enabled(if: CommandLineCluster.isBuilt)) struct CommandLineCallTests {
        private func toolbox() throws -> CommandLineCluster {
            let cluster = try CommandLineCluster(CommandLineCluster.toolbox)
            #expect(cluster.awaitAgent("echo"))
            return cluster
        }

        @Test("B60 every way a call can end has its exit code")
        func exitCodes() throws {
            let cluster = try toolbox()
            let lines: [(String, Int)] = [
                ("$B call echo '{\"a\": 1}'", 0),
                ("echo '[1]' | $B call echo -", 0),
                ("$B call fail '{}'", 1),
                ("$B call ecko 1", 1),
                ("$B call echo '{'", 2),
                ("echo '{' | $B call echo -", 65),
                ("$B call sleep '{\"ms\": 9000}' --timeout 200ms", 124),
                ("BATON_BUS=ipc://$PWD/none $B call echo 1 --timeout 200ms", 69),
                ("$B call echo 1 --dir /", 69),
                ("install -m 644 .baton/keys/client.json open.json", 0),
                ("BATON_BUS=ipc://$PWD/none BATON_KEY=open.json $B call echo 1", 77),
            ]
            for (line, code) in lines {
                #expect(cluster.run("\(line) >/dev/null 2>&1; echo $?") == "\(code)\n", "\(line)")
            }
        }

        @Test("An answer comes as it was sent, and with --json beside who gave it")
        func answers() throws {
            let cluster = try toolbox()
            #expect(cluster.run("$B call echo '{\"b\":  [1.50]}'") == "{\"b\":  [1.50]}\n")
            let answer = try JSON.parse(cluster.run("$B call echo '\"hi\"' --json"))
            #expect(answer["result"] == "hi")
            #expect(answer["sender"] == "echo#1")
            // Asked to be durable, and told that a store in memory cannot give that.
            #expect(answer["durable"] == false)
            let volatile = try JSON.parse(cluster.run("$B call echo 1 --volatile --json"))
            #expect(volatile["durable"] == false)
        }

        @Test("A misspelt agent is answered with the nearest one and what to do")
        func nearest() throws {
            let answer = try toolbox().run("$B call ecko 1")
            #expect(answer.contains("did you mean echo?"))
        }

        @Test("Ctrl-C cancels the call at the agent and exits with 130")
        func interrupted() throws {
            let cluster = try toolbox()
            let busy = "until $B requests | grep -q running; do :; done"
            let answer = cluster.run(
                "$B call sleep '{\"ms\": 60000}' & C=$!; export B; timeout 9 sh -c '\(busy)'; "
                    + "kill -TERM $C; wait $C; echo $?; $B requests")
            #expect(answer == "130\nNothing is in hand.\n")
        }

        @Test("B59 a call whose reader leaves ends without noise")
        func pipe() throws {
            let line = "bash -c '$0 call echo 1 | true; echo ${PIPESTATUS[0]}' $B"
            #expect(try toolbox().run(line) == "0\n")
        }

        @Test("A bench answers with one object that does not call volatile calls durable")
        func bench() throws {
            let report = try JSON.parse(
                toolbox().run("$B bench --bytes 64 -c 4 --seconds 1 --json"))
            #expect(report["durable"] == false)
            #expect(report["errors"] == 0)
            #expect(report["bytes"] == 64)
            #expect((report["n"]?.integer ?? 0) > 0)
        }

        @Test("What is there is listed: agents, instances, orchestrators")
        func lists() throws {
            let cluster = try toolbox()
            #expect(cluster.run("$B agents --names") == "echo\nfail\nsleep\n")
            #expect(cluster.run("$B instances echo --json").contains("\"echo#1\""))
            #expect(cluster.run("$B doctor | grep cluster").contains("answered in"))
            #expect(cluster.run("$B agents --names --dir /; echo $?") == "69\n")
        }
    }
}
