import Document
import TestKit
import Testing

extension Integration {
    /// Workflows as a user has them: files in a folder, run by the command line on a cluster.
    @Suite(.serialized, .enabled(if: CommandLineCluster.isBuilt)) struct CommandLineWorkflowTests {
        private static func text(
            _ name: String, _ tasks: String, version: String = "1.0.0"
        ) -> String {
            "document: {dsl: 1.0.3, namespace: default, name: \(name), version: \(version)}\n"
                + tasks
        }

        private func cluster(_ orchestrators: Int = 1) throws -> CommandLineCluster {
            let cluster = try CommandLineCluster(nil)
            _ = try cluster.folder.folder("workflows")
            try cluster.folder.write(
                Self.text("hello", "do:\n  - answer: {call: 'echo:1.0.0@default'}\n"),
                to: "workflows/hello.yaml")
            try cluster.folder.write(
                Self.text(
                    "broken", "do:\n  - bad: {call: fail, with: {message: it is down}}\n"),
                to: "workflows/broken.yaml")
            let up = "$B up -n \(orchestrators) --detach --store memory >/dev/null 2>&1; echo $?"
            #expect(cluster.run(up) == "0\n")
            #expect(cluster.awaitAgent("echo"))
            return cluster
        }

        @Test("a file in the folder is served, run, and its problem told with its place")
        func run() throws {
            let cluster = try cluster()
            #expect(cluster.run("$B workflows list --json").contains(#""workflow":"hello""#))
            #expect(cluster.run(#"$B workflows run hello '{"a": 1}' | jq -c ."#) == "{\"a\":1}\n")
            #expect(cluster.run(#"$B call workflow/hello:1.0.0 2 "#) == "2\n")
            #expect(
                cluster.run("$B workflows run hallo 2>&1; echo $?").contains("did you mean hello"))
            let failed = cluster.run("$B workflows run broken 2>&1; echo $?")
            #expect(failed.contains("/do/0/bad: it is down"))
            let json = cluster.run(
                "$B workflows run broken --json 2>&1 | jq -c .error.details.status")
            #expect(json == "500\n")
            #expect(cluster.run("$B workflows show hello").hasPrefix("document: {dsl: 1.0.3"))
        }

        @Test("a file that changes is read again; one that cannot be read leaves what was")
        func reload() throws {
            let cluster = try cluster()
            func appears(_ words: String, _ command: String) -> Bool {
                cluster.run(
                    "for i in $(seq 100); do \(command) 2>&1 | grep -q '\(words)' && "
                        + "echo there && break; sleep 0.1; done") == "there\n"
            }
            try cluster.folder.write(
                Self.text(
                    "hello", "do:\n  - answer: {set: {new: true}}\n", version: "1.1.0"),
                to: "workflows/hello.yaml")
            #expect(appears("1.1.0", "$B workflows versions hello"))
            #expect(cluster.run("$B workflows run hello | jq -c .") == "{\"new\":true}\n")
            try cluster.folder.write("document: {}\n", to: "workflows/hello.yaml")
            #expect(appears("broken.*hello.yaml", "$B workflows"))
            #expect(cluster.run("$B workflows >/dev/null; echo $?") == "78\n")
            #expect(cluster.run("$B workflows run hello | jq -c .") == "{\"new\":true}\n")
        }

        @Test("runs hear of events, on whichever orchestrator they are, and can be suspended")
        func events() throws {
            let cluster = try cluster()
            try cluster.folder.write(
                Self.text(
                    "hear",
                    "do:\n  - hear: {listen: {to: {one: {with: {type: order.placed}}}}}\n"),
                to: "workflows/hear.yaml")
            let script = """
                await() { for i in $(seq 100); do "$@" && break; sleep 0.1; done; }
                shows() { $B workflows | grep -q "$1"; }
                await shows hear
                $B workflows run hear --id h1 > heard.txt 2>&1 &
                await shows 'hear .* 1 '
                $B workflows suspend h1; $B workflows suspend h1 2>&1 | grep -c 'suspended already'
                $B workflows emit order.placed '{"id": 7}'
                $B workflows resume h1; wait; jq -c . heard.txt
                """
            let output = cluster.run(script)
            #expect(output.contains("h1 is suspended."))
            #expect(output.contains("h1 is running."))
            #expect(output.hasSuffix("[{\"id\":7}]\n"))
        }

        @Test("workflows begin by themselves, by the clock and with events, and can be held back")
        func schedules() throws {
            let cluster = try cluster()
            let tasks = "do:\n  - end: {set: {heard: '${ . }'}}\n"
            try cluster.folder.write(
                Self.text("clock", "schedule: {every: {milliseconds: 200}}\n" + tasks),
                to: "workflows/clock.yaml")
            try cluster.folder.write(
                Self.text("orders", "schedule: {on: {one: {with: {type: order}}}}\n" + tasks),
                to: "workflows/orders.yaml")
            let script = """
                await() { for i in $(seq 100); do "$@" && break; sleep 0.1; done; }
                shows() { $B workflows schedules | grep -qE "$1"; }
                await shows 'clock .* [2-9] +succeeded'
                await shows '^orders +on order'
                $B workflows emit order 7 > told.txt
                await shows '^orders .* 1 +succeeded'
                $B requests wait $($B workflows schedules --json | jq -r '.[1].request') | jq -c .
                $B workflows pause clock
                $B workflows schedules --json | jq -r '.[0].state'
                $B workflows unpause clock
                $B workflows pause nothing 2>&1 | grep -c 'with a schedule'
                """
            let output = cluster.run(script)
            #expect(
                output == """
                    {"heard":[7]}
                    clock is paused.
                    paused
                    clock is scheduled.
                    1

                    """)
        }
    }
}
