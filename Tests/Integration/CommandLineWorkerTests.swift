import Document
import TestKit
import Testing

@testable import baton

extension Integration {
    /// `baton worker` with a shell script as its command.
    @Suite(.serialized, .enabled(if: CommandLineCluster.isBuilt)) struct CommandLineWorkerTests {
        /// Answers with what it read; some words in the content have it misbehave.
        private static let script = """
            #!/bin/sh
            say() { echo "{\\"id\\":\\"$id\\",\\"$1\\":$2}"; }
            echo "ready" >&2
            while read -r line; do
                id=$(expr "$line" : '.*"id":"\\([^"]*\\)"')
                case "$line" in
                    *'"type":"cancel"'*) ;;
                    *LEAVE*) exit 3 ;;
                    *JUNK*) echo "Loading" ;;
                    *FAIL*) say error '{"code":"odd","message":"no luck"}' ;;
                    *PIECES*)
                        say progress 1
                        say partial '"one"'
                        say result '"two"' ;;
                    *) say result "\\"done by $BATON_AGENT$BATON_BUS\\"" ;;
                esac
            done

            """

        private func cluster() throws -> CommandLineCluster {
            let cluster = try CommandLineCluster(nil)
            try cluster.folder.write(Self.script, to: "agent.sh", mode: 0o700)
            try cluster.folder.write(
                "workers: [{name: sh, command: [baton, worker, --agent, sh, --, ./agent.sh]}]\n",
                to: "baton.yaml")
            #expect(cluster.run("$B up --detach >/dev/null 2>&1; echo $?") == "0\n")
            #expect(cluster.awaitAgent("sh"))
            return cluster
        }

        @Test("A script answers, fails and streams in lines of JSON, and learns nothing of the bus")
        func answers() throws {
            let cluster = try cluster()
            #expect(cluster.run("$B call sh '{}'") == "\"done by sh\"\n")
            #expect(cluster.run("$B call sh '\"FAIL\"'; echo $?").contains("no luck (odd)"))
            #expect(cluster.run("$B call sh '\"PIECES\"' --stream") == "\"one\"\n\"two\"\n")
            #expect(cluster.run("$B logs sh.1 --json").contains("\"line\":\"ready\""))
        }

        @Test("A command that ends loses its task and is started again")
        func lost() throws {
            let cluster = try cluster()
            let answer = try JSON.parse(cluster.run("$B call sh '\"LEAVE\"' --json"))
            #expect(answer["error"]?["code"] == "lost")
            #expect(answer["error"]?["retryable"] == true)
            #expect(cluster.run("$B call sh 1") == "\"done by sh\"\n")
        }

        @Test("A command that prints something else is told what, and started again")
        func junk() throws {
            let cluster = try cluster()
            let answer = cluster.run("$B call sh '\"JUNK\"'")
            #expect(answer.contains("no JSON object: \"Loading\""))
            #expect(cluster.run("$B call sh 1") == "\"done by sh\"\n")
        }

        @Test("A command that ends at once gets no tasks, which wait for somebody who does them")
        func rests() throws {
            let cluster = try CommandLineCluster(nil)
            try cluster.folder.write("#!/bin/sh\nexit 3\n", to: "agent.sh", mode: 0o700)
            try cluster.folder.write(
                "workers: [{name: sh, command: [baton, worker, --agent, sh, --, ./agent.sh]}]\n",
                to: "baton.yaml")
            #expect(cluster.run("$B up --detach >/dev/null 2>&1; echo $?") == "0\n")
            let said = "until $B logs sh | grep -q 'no tasks are taken'; do :; done"
            #expect(cluster.run("export B; timeout 10 sh -c \"\(said)\"; echo $?") == "0\n")
            // It waits, until the command is mended, and is done then.
            try cluster.folder.write(Self.script, to: "agent.sh", mode: 0o700)
            #expect(cluster.run("$B call sh 1") == "\"done by sh\"\n")
        }

        @Test("A worker drains on SIGTERM and takes its command along; a missing command is said")
        func ends() throws {
            let cluster = try cluster()
            let line = "$B worker --agent other -- ./agent.sh 2>/dev/null & W=$!; "
            let there = "until $B agents --names | grep -qx other; do :; done"
            #expect(
                cluster.run(
                    "\(line) export B; timeout 9 sh -c '\(there)'; kill -TERM $W; wait $W; echo $?")
                    == "0\n")
            #expect(cluster.run("$B worker --agent x -- ./none 2>/dev/null; echo $?") == "78\n")
        }
    }
}
