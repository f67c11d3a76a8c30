import Document
import TestKit
import Testing

@testable import baton

extension Integration {
    /// What people see of requests that the store keeps, and decide about them.
    @Suite(.serialized, .enabled(if: CommandLineCluster.isBuilt))
    struct CommandLineDecisionTests {
        @Test("An ended request is listed, shown with its events, and followed to its end")
        func ended() throws {
            let cluster = try CommandLineCluster(CommandLineCluster.toolbox)
            #expect(cluster.awaitAgent("echo"))
            #expect(cluster.run("$B call echo 7 --id order-17") == "7\n")
            let listed = "$B requests --state finished --json | jq -r '.[].request'"
            #expect(cluster.run(listed) == "order-17\n")
            let kinds = "jq -rs 'flatten | map(.kind) | join(\" \")'"
            let expected = "accepted dispatched done succeeded\n"
            #expect(cluster.run("$B requests events order-17 --json | \(kinds)") == expected)
            #expect(cluster.run("$B requests events order-17 -f --json | \(kinds)") == expected)
            let rest = "$B requests events order-17 --from 4 --follow --json | jq .number"
            #expect(cluster.run(rest) == "4\n")
            #expect(cluster.run("$B requests events nobody -f; echo $?").hasSuffix("1\n"))
            #expect(
                cluster.run("$B requests resolve order-17 --as again; echo $?").hasSuffix("1\n"))
            #expect(
                cluster.run("$B dead; $B dead replay --all") == """
                    There are no dead letters.
                    Replayed 0 dead letters.

                    """)
        }

        @Test("A frozen agent is refused by name and reason, at every orchestrator, until it thaws")
        func frozen() throws {
            let cluster = try CommandLineCluster("orchestrators: 2\n" + CommandLineCluster.toolbox)
            #expect(cluster.awaitAgent("echo"))
            #expect(cluster.run("$B freeze") == "No agent is frozen.\n")
            #expect(cluster.run("$B freeze --agent echo --reason why") == "echo is frozen.\n")
            for _ in 0..<4 {
                #expect(cluster.run("$B call echo 1; echo $?").contains("why (frozen)"))
            }
            #expect(cluster.run("$B status").contains("echo is frozen: why"))
            #expect(cluster.run("$B freeze --json | jq -r '.[].agent'") == "echo\n")
            #expect(cluster.run("$B freeze --agent echo --off") == "echo is thawed.\n")
            #expect(cluster.run("$B call echo 1") == "1\n")
        }
    }
}
