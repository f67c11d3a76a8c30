import Document
import TestKit
import Testing

extension Integration {
    /// Tasks for people as a user has them: workflows that ask, and `baton approve` that answers.
    @Suite(.serialized, .enabled(if: CommandLineCluster.isBuilt)) struct CommandLinePeopleTests {
        private static let flow = """
            document: {dsl: 1.0.3, namespace: default, name: order, version: 1.0.0}
            do:
              - ask:
                  call: ask-human
                  with:
                    question: How many?
                    assignee: ada
                    form: {type: object, required: [n], properties: {n: {type: integer}}}
              - pay: {call: ask-human, with: {approve: {action: pay, arguments: {n: "${ .n }"}}}}
            """
        private static let quick = """
            document: {dsl: 1.0.3, namespace: default, name: quick, version: 1.0.0}
            do:
              - answer:
                  set:
                    answer: "${ .query + \\" indeed\\" }"
                    sources: [a, b]
                    confidence: 0.8
            """

        private func cluster(_ options: String) throws -> CommandLineCluster {
            let cluster = try CommandLineCluster(nil)
            _ = try cluster.folder.folder("workflows")
            try cluster.folder.write(Self.flow, to: "workflows/order.yaml")
            try cluster.folder.write(Self.quick, to: "workflows/quick.yaml")
            #expect(cluster.run("$B up \(options) --detach >/dev/null 2>&1; echo $?") == "0\n")
            return cluster
        }

        /// Waits until a word stands in the list of what waits.
        private static let waits = """
            await() { for i in $(seq 150); do "$@" && break; sleep 0.1; done; }
            waits() { $B approve | grep -q "$1"; }
            """

        @Test("a task is listed, refused where its form is not heeded, answered once")
        func answered() throws {
            let cluster = try cluster("--store memory")
            #expect(cluster.run("$B approve") == "Nothing waits for anybody.\n")
            let output = cluster.run(
                """
                \(Self.waits)
                await sh -c "$B workflows | grep -q order"
                $B workflows run order --id o1 --timeout 60s > out.txt 2>&1 &
                await waits 'How many'
                $B approve --for ada --json | jq -r '.tasks[0].assignee'
                id=$($B approve --json | jq -r '.tasks[0].id')
                $B approve $id --set n=many 2>&1 | grep -c 'expected an integer'
                $B approve ${id%????????????????} --set n=3 | grep -c 'goes on'
                $B approve $id --set n=4 2>&1 | grep -c 'already answered by'
                await waits 'Approve pay'
                id=$($B approve --json | jq -r '.tasks[0].id')
                $B approve $id | grep -c 'n: 3'
                token=$($B approve $id --make-token)
                $B approve --token $token --yes | grep -c 'goes on'
                $B approve --token $token --yes 2>&1 | grep -c 'already answered by .* with a token'
                wait; jq -c .approved out.txt
                $B approve --closed | grep -c answered
                $B approve nothing --yes; echo $?
                """)
            #expect(
                output.hasPrefix("ada\n1\n1\n1\n1\n1\n1\ntrue\n2\n"), "\(output)")
            #expect(output.contains("no task that waits begins with nothing"))
        }

        @Test(
            "G1 an answer given while the owner is dead is there for the next one",
            .enabled(if: CommandLineCluster.hasRedis))
        func takeover() throws {
            let cluster = try cluster("-n 2")
            let output = cluster.run(
                """
                \(Self.waits)
                await sh -c "$B workflows | grep -q order"
                $B notify workflow/order '{}' --id o1 >/dev/null
                await waits 'How many'
                $B approve $($B approve --json | jq -r '.tasks[0].id') --set n=3 >/dev/null
                await waits 'Approve pay'
                id=$($B approve --json | jq -r '.tasks[0].id')
                for pid in $(jq -r '.orchestrators[].pid' .baton/cluster.json); do
                    kill -9 $pid
                done
                await sh -c "$B approve $id --yes 2>/dev/null | grep -q 'goes on'"
                await sh -c "$B requests show o1 2>/dev/null | grep -q succeeded"
                $B requests show o1 --json | jq -r .state
                $B approve
                """)
            #expect(output.hasSuffix("succeeded\nNothing waits for anybody.\n"), "\(output)")
        }

        @Test("ask prints the text of an answer, its sources and its confidence")
        func ask() throws {
            let cluster = try cluster("--store memory")
            #expect(
                cluster.run("for i in $(seq 100); do $B workflows | grep -q quick && break; done")
                    == "")
            let output = cluster.run(
                "$B ask quick yes --set more=1; printf 'so\n' | $B ask quick -")
            #expect(
                output == """
                    yes indeed
                    sources     a, b
                    confidence  80 %
                    so indeed
                    sources     a, b
                    confidence  80 %

                    """)
            #expect(
                cluster.run("$B ask quick x --json | jq -c .result.sources") == "[\"a\",\"b\"]\n")
            #expect(cluster.run("$B ask nobody x --timeout 1s; echo $?").contains("there is no"))
        }
    }
}
