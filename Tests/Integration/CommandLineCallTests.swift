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

        @Test("S5-39 a notification prints its id, and what came of it is there to be fetched")
        func notified() throws {
            let cluster = try toolbox()
            #expect(
                cluster.run("id=$($B notify echo '[1, 2]') && $B requests wait $id") == "[1, 2]\n")
            let named = "$B notify echo 7 --id order-17 --json | jq -r .request"
            #expect(cluster.run(named) == "order-17\n")
            #expect(cluster.run(named) == "order-17\n")
            let failed = cluster.run(
                "id=$($B notify fail '{\"code\": \"odd\"}'); $B requests wait $id; echo $?")
            #expect(failed.contains("(odd)") && failed.hasSuffix("1\n"))
            let ended = cluster.run("$B requests show order-17 --json | jq -c '[.state, .output]'")
            #expect(ended == "[\"succeeded\",7]\n")
            let cancelled = cluster.run(
                "id=$($B notify sleep '{\"ms\": 60000}'); $B requests show $id | grep agent;"
                    + " $B requests cancel $id; $B requests wait $id; echo $?")
            #expect(cancelled.contains("sleep") && cancelled.contains("Cancelled"))
            #expect(cancelled.contains("(cancelled)") && cancelled.hasSuffix("1\n"))
            #expect(cluster.run("$B requests wait nobody; echo $?").hasSuffix("1\n"))
        }

        @Test("S5-41 a pipeline prints what the last stage answers, or names the one that failed")
        func pipelined() throws {
            let cluster = try toolbox()
            #expect(
                cluster.run("$B pipeline echo,sleep,echo '{\"ms\": 1}'") == "{\"ms\":1}\n")
            let failed = cluster.run("$B pipeline echo,fail,echo '{}'; echo $?")
            #expect(failed.contains("stage 2 of 3, fail") && failed.hasSuffix("1\n"))
            #expect(cluster.run("$B pipeline echo,slep 1").contains("did you mean sleep?"))
        }

        @Test("S2-65 S2-66 S2-67 asking many says who answered, and exits with 1 if one failed")
        func gathered() throws {
            let cluster = try toolbox()
            let all = cluster.run("$B broadcast echo '{\"a\": 1}' --acknowledged; echo $?")
            #expect(all.contains("echo#1  ok") && all.hasSuffix("1 of 1 succeeded\n0\n"))
            let some = cluster.run("$B broadcast echo,sleep,fail,echo '{\"ms\": 1}' --json")
            let value = try JSON.parse(some)
            #expect(JSON.text(value["success_rate"] ?? .null) == "0.75")
            #expect(value["failed"] == ["fail"])
            #expect(cluster.run("$B broadcast echo,fail 1; echo $?").hasSuffix("1 failed\n1\n"))
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
            #expect(
                cluster.run("$B agents --names")
                    == "command\necho\nfail\nhttp\nmemo\nopenapi\nsleep\n")
            #expect(cluster.run("$B instances echo --json").contains("\"echo#1\""))
            #expect(cluster.run("$B doctor | grep cluster").contains("answered in"))
            #expect(cluster.run("$B agents --names --dir /; echo $?") == "69\n")
        }
    }
}
