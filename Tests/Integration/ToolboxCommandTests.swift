import Document
import TestKit
import Testing

extension Integration {
    /// The agent `command` with programs of this machine.
    @Suite(.serialized, .enabled(if: CommandLineCluster.isBuilt)) struct ToolboxCommandTests {
        private static let script = """
            #!/bin/sh
            input=$(cat)
            echo "STDIN was: $input"
            echo "ARGS are $1 $2"

            """

        private func cluster() throws -> CommandLineCluster {
            let cluster = try CommandLineCluster(nil)
            let place = cluster.folder.path
            try cluster.folder.write(Self.script, to: "greet.sh", mode: 0o700)
            try cluster.folder.write(
                "#!/bin/sh\nsleep 600 & echo $!\n", to: "leave.sh", mode: 0o700)
            try cluster.folder.write(
                "#!/bin/sh\nulimit -n; ulimit -v; grep NoNewPrivs /proc/self/status\n",
                to: "shown.sh", mode: 0o700)
            _ = try cluster.folder.folder("data")
            try cluster.folder.write("mine", to: "data/file")
            try cluster.folder.write(
                """
                commands:
                  echo: {path: /usr/bin/echo}
                  env: {path: /usr/bin/env, environment: [FOO]}
                  ls: {path: /usr/bin/ls, flags: [-a]}
                  cat: {path: /usr/bin/cat, paths: all, folder: \(place)/data}
                  sleep: {path: /usr/bin/sleep, timeout: 300ms}
                  yes: {path: /usr/bin/yes, output: 1KiB}
                  leave: {path: \(place)/leave.sh}
                  shown: {path: \(place)/shown.sh, files: 32, memory: 64MiB}
                  greet:
                    path: \(place)/greet.sh
                    text: |
                      input=$(cat)
                      echo "STDIN was: $input"

                """, to: "commands.yaml")
            try cluster.folder.write(
                "workers: [{command: [baton-toolbox, --commands, \(place)/commands.yaml]}]",
                to: "baton.yaml")
            #expect(cluster.run("$B up --detach --store memory >/dev/null 2>&1; echo $?") == "0\n")
            #expect(cluster.awaitAgent("command"))
            return cluster
        }

        @Test("B67 runs allowed programs with arguments as bytes, and never a shell")
        func arguments() throws {
            let cluster = try cluster()
            func call(_ json: String) -> String { cluster.run("$B call command '\(json)'") }
            #expect(
                call(#"{"command": "echo", "arguments": ["; id", "$(id)", "`id`", "a  b"]}"#)
                    == #""; id $(id) `id` a  b\n""# + "\n")
            #expect(call(#"{"command": "sh", "arguments": ["-c", "id"]}"#).contains("not allowed"))
            #expect(call(#"{"command": "echo x; id"}"#).contains("no shell reads it"))
            #expect(call(#"{"command": "ls", "arguments": ["-l"]}"#).contains("the flag -l"))
            #expect(
                call(#"{"command": "env", "environment": {"FOO": "b"}}"#)
                    .contains(#"FOO=b"#))
            #expect(!call(#"{"command": "env"}"#).contains("BATON"))
            #expect(
                call(
                    #"{"command": "input=$(cat)\necho \"STDIN was: $input\"\n", "stdin": "Hello","#
                        + #" "arguments": ["Foo", "Bar"]}"#)
                    == #""STDIN was: Hello\nARGS are Foo Bar\n""# + "\n")
        }

        @Test("B68 runs in a fresh folder, and takes no path that leads out of its own")
        func paths() throws {
            let cluster = try cluster()
            func call(_ json: String) -> String { cluster.run("$B call command '\(json)'") }
            #expect(
                call(#"{"command": "ls", "arguments": ["-a"]}"#) == #"".\n..\n""# + "\n")
            #expect(call(#"{"command": "cat", "arguments": ["file"]}"#) == "\"mine\"\n")
            #expect(cluster.run("ln -s /etc/passwd data/link && ln baton.yaml data/hard") == "")
            for path in ["../baton.yaml", "/etc/passwd", "link", "hard", "/proc/self/environ"] {
                let answer = call(#"{"command": "cat", "arguments": ["\#(path)"]}"#)
                #expect(answer.contains("the path \(path)"), "\(answer)")
            }
        }

        @Test("shuts a program in, and ends all of it when its time or its words are over")
        func bounds() throws {
            let cluster = try cluster()
            func call(_ json: String) -> String { cluster.run("$B call command '\(json)'") }
            let shown = call(#"{"command": "shown"}"#)
            #expect(shown.contains(#""32\n65536\nNoNewPrivs:\t1\n"#), "\(shown)")
            #expect(call(#"{"command": "sleep", "arguments": ["600"]}"#).contains("too long"))
            #expect(call(#"{"command": "yes"}"#).contains("said too much"))
            // What it left behind is gone: its number says nothing any more.
            let left = cluster.run(
                "n=$($B call command '{\"command\": \"leave\"}' | tr -dc 0-9); "
                    + "grep -s State /proc/$n/status")
            #expect(left == "" || left.contains("Z"), "\(left)")
        }

        @Test("gives what the workflow wants of it")
        func outputs() throws {
            let cluster = try cluster()
            func call(_ json: String) -> String { cluster.run("$B call command '\(json)'") }
            let all = call(#"{"command": "echo", "arguments": ["x"], "return": "all"}"#)
            #expect(try JSON.parse(all) == ["code": 0, "stdout": "x\n", "stderr": ""])
            #expect(
                call(#"{"command": "ls", "arguments": ["nothing"], "return": "code"}"#) == "2\n")
            #expect(call(#"{"command": "ls", "arguments": ["nothing"]}"#).contains("exit code 2"))
            #expect(call(#"{"command": "echo", "return": "none"}"#) == "null\n")
        }
    }
}
