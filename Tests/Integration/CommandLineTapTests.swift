import Document
import TestKit
import Testing

@testable import baton

extension Integration {
    /// `baton tap` at a real cluster. Nobody knows when a listener has begun to listen, so calls
    /// are made until it has seen what it waits for.
    @Suite(.serialized, .enabled(if: CommandLineCluster.isBuilt)) struct CommandLineTapTests {
        private func toolbox() throws -> CommandLineCluster {
            let cluster = try CommandLineCluster(CommandLineCluster.toolbox)
            #expect(cluster.awaitAgent("echo"))
            return cluster
        }

        /// What a tap with these words wrote, while calls went on until it ended.
        private func heard(_ words: String, _ cluster: CommandLineCluster) -> String {
            cluster.run(
                """
                rm -f over; export B; (timeout 20 $B tap \(words) >out 2>err; echo $? >over) & \
                until test -s over; do $B call echo '{"secret": 4111}' >calls 2>&1; done; \
                wait; cat out err over
                """)
        }

        @Test("a tap shows what passes, ends by itself, and hides what it is told to")
        func lines() throws {
            let cluster = try toolbox()
            let lines = heard("--agent echo --type TASK,RESULT -n 2 --redact secret", cluster)
            #expect(lines.contains(#"{"secret":"[redacted]"}"#))
            #expect(!lines.contains("4111"))
            #expect(lines.hasSuffix("2 events shown, 0 lost.\n0\n"))
            let document = heard("--json --type REQUEST --agent echo -n 1", cluster)
            let first = String(document.prefix { $0 != "\n" })
            let event = try JSON.parse(first)
            #expect(event["message"]?["receiver"] == "echo")
            #expect(event["direction"] == "in")
        }

        @Test("what was recorded is drawn afterwards")
        func recording() throws {
            let cluster = try toolbox()
            #expect(heard("--record day.tap -n 40", cluster).hasSuffix("0 lost.\n0\n"))
            let drawn = cluster.run("$B tap --from day.tap --sequence")
            #expect(drawn.contains("✔ answered by echo#1 in "))
            let document = cluster.run("$B tap --from day.tap --mermaid")
            #expect(document.contains("participant p3 as echo#35;1"))
        }

        @Test("a tap whose reader has left ends, also while nothing passes")
        func readerLeft() throws {
            let cluster = try CommandLineCluster(CommandLineCluster.sleepers)
            let line =
                "(timeout 20 $B tap --type CANCEL 2>/dev/null; echo $? >over) | true; cat over"
            #expect(cluster.run(line) == "0\n")
        }

        @Test("a recording that no disk takes ends the tap with the reason")
        func fullDisk() throws {
            let cluster = try toolbox()
            // A limit of the shell refuses what is beyond it as a full disk would.
            let answer = cluster.run(
                """
                rm -f over; export B
                (trap '' XFSZ; ulimit -f 8; timeout 20 $B tap --record full.tap >out 2>err; \
                echo $? >over) & \
                until test -s over; do $B call echo "[$(seq -s, 900)]" >calls 2>&1; done; \
                wait; cat err over
                """)
            #expect(answer.contains("full.tap cannot be written: File too large"))
            #expect(answer.hasSuffix("74\n"))
        }

        @Test("a key that is no operator's may not listen")
        func refusal() throws {
            let cluster = try toolbox()
            let file = try cluster.file.orchestrators[0]
            let answer = cluster.run(
                """
                BATON_BUS='\(file.bus)' BATON_SERVER_KEY='\(file.key)' \
                BATON_KEY=.baton/keys/client.json timeout 20 $B tap; echo $?
                """)
            #expect(answer.contains("this key may not listen"))
            #expect(answer.hasSuffix("77\n"))
        }
    }
}
