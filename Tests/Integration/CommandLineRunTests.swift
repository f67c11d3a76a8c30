import Document
import TestKit
import Testing

extension Integration {
    /// Runs of workflows as a user looks at them afterwards: as a tree, run again, and run on from
    /// the middle with something otherwise.
    @Suite(.serialized, .enabled(if: CommandLineCluster.hasRedis)) struct CommandLineRunTests {
        private static let report = """
            document: {dsl: 1.0.3, namespace: default, name: report, version: 1.0.0}
            do:
              - first: {call: 'echo:1.0.0@default', with: {n: 1}, export: {as: "${ {n: .n} }"}}
              - loop:
                  for: {each: item, in: "${ [1, 2, 3] }"}
                  do: [{ask: {call: 'echo:1.0.0@default', with: {item: "${ $item }"}}}]
              - price: {call: 'echo:1.0.0@default', with: {price: 7}}
              - bad: {call: fail, if: .price == 7, with: {message: it is down}}
              - sum: {set: {sum: "${ .price + $context.n }"}}

            """

        private func cluster() throws -> CommandLineCluster {
            let cluster = try CommandLineCluster(nil)
            _ = try cluster.folder.folder("workflows")
            try cluster.folder.write(Self.report, to: "workflows/report.yaml")
            #expect(cluster.run("$B up -n 2 --detach >/dev/null 2>&1; echo $?") == "0\n")
            #expect(cluster.awaitAgent("echo"))
            let run = "timeout 30 $B workflows run report --id r1 2>&1"
            #expect(cluster.run(run).contains("it is down"))
            return cluster
        }

        @Test("a run is shown as a tree, and comes to the same when it is run again")
        func looks() throws {
            let cluster = try cluster()
            let tree = cluster.run("$B requests show r1 --tree")
            for words in ["ask ×3", "echo#1", "not reached", "it is down"] {
                #expect(tree.contains(words), "\(words)")
            }
            let json = #"$B requests show r1 --tree --json | jq -c '.tasks[1].tasks[0].times'"#
            #expect(cluster.run(json) == "3\n")
            let again = cluster.run("$B replay r1; echo $?")
            #expect(again.contains("replayed 7 tasks: the same error"))
            #expect(again.contains("+ $.n 1") && again.hasSuffix("\n0\n"))
            #expect(cluster.run("$B replay r1 --at price").contains("\"price\": 7"))
            let hidden = cluster.run("$B replay r1 --json --redact price | grep -c '\"price\": *7'")
            #expect(hidden == "0\n")
        }

        @Test("a run goes on from the middle as a new request, and its tasks before are kept")
        func goesOn() throws {
            let cluster = try cluster()
            let dry = cluster.run("$B replay r1 --from price --set output.price=8 --dry --json")
            #expect(cluster.run("$B requests show r1.fork-1 >/dev/null 2>&1; echo $?") != "0\n")
            let outcome = (try? JSON.parse(Array(dry.utf8)))?["outcome"]
            #expect(outcome == ["output": ["sum": 9]])
            let fork = "$B replay r1 --from price --set output.price=8 2>/dev/null | jq -c ."
            #expect(cluster.run(fork) == "{\"sum\":9}\n")
            let shown = cluster.run("$B requests show r1.fork-1 --json | jq -r .origin.request")
            #expect(shown == "r1\n")
            #expect(cluster.run("$B replay r1.fork-1").contains("the same output"))
            #expect(cluster.run("$B requests show r1.fork-1 --tree").contains("done kept"))
            let taken = cluster.run("$B replay r1 --from bad --id r1; echo $?")
            #expect(taken.contains("There is a request r1 already") || taken.hasSuffix("\n2\n"))
        }

        @Test("a run goes on by a mended text; one that does not fit is refused")
        func mended() throws {
            let cluster = try cluster()
            let mended = Self.report.replacing(
                "bad: {call: fail, if: .price == 7,", with: "bad: {call: fail, if: .price == 0,")
            try cluster.folder.write(mended, to: "mended.yaml")
            let goes =
                "$B replay r1 --from bad --workflow mended.yaml --id m1 2>/dev/null | jq -c ."
            #expect(cluster.run(goes) == "{\"sum\":8}\n")
            try cluster.folder.write(
                Self.report.replacing("first:", with: "other:"), to: "strange.yaml")
            let strange = cluster.run("$B replay r1 --from bad --workflow strange.yaml; echo $?")
            #expect(strange.contains("does not fit") && strange.hasSuffix("\n2\n"))
        }
    }
}
