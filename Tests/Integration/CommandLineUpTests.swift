import Document
import Glibc
import TestKit
import Testing

@testable import baton

extension Integration {
    /// The life of a cluster, with real processes.
    @Suite(.serialized, .enabled(if: CommandLineCluster.isBuilt)) struct CommandLineUpTests {
        @Test("A cluster starts, shows itself, refuses a second one, and leaves nothing behind")
        func wholeLife() throws {
            let cluster = try CommandLineCluster(CommandLineCluster.sleepers)
            let status = try JSON.parse(cluster.run("$B status --json"))
            #expect(status["whole"] == true)
            let names = status["processes"]?.array?.compactMap { $0["name"]?.string }
            #expect(names == ["baton", "o1", "nap.1", "nap.2"])
            #expect(cluster.run("$B up >/dev/null 2>&1; echo $?") == "69\n")
            let file = try cluster.file
            #expect(cluster.run("$B down >/dev/null; echo $?") == "0\n")
            let all = file.workers.map(\.identity) + file.orchestrators.map(\.identity)
            #expect(all.filter(\.isAlive) == [])
            #expect(cluster.run("$B status >/dev/null 2>&1; echo $?") == "69\n")
        }

        @Test("A folder with a space, a comma and a letter of two bytes in its name has a cluster")
        func oddFolder() throws {
            let cluster = try CommandLineCluster(nil)
            let inside = { (line: String) in
                cluster.run("mkdir -p 'my ü, too' && cd 'my ü, too' && \(line)")
            }
            #expect(inside("$B up --detach --store memory >/dev/null; echo $?") == "0\n")
            #expect(inside("$B call echo 1") == "1\n")
            let folder = ClusterFolder(directory: "\(cluster.folder.path)/my ü, too")
            let base = cluster.run("printf %s \"$XDG_RUNTIME_DIR\"")
            let sockets = folder.sockets(variables: ["XDG_RUNTIME_DIR": base])
            #expect(File.isPrivate(sockets))
            #expect(inside("$B down >/dev/null; echo $?") == "0\n")
            #expect(!File.exists(sockets))
        }

        @Test("A cluster whose Redis is not there says so when it starts, and in its status")
        func deadStore() throws {
            let cluster = try CommandLineCluster(nil)
            let start = "$B up --detach --store unix:$PWD/none.sock 2>&1 >/dev/null"
            let words = cluster.run(start)
            #expect(words.contains("Waiting for o1: no connection to Redis: No such file or dir"))
            #expect(words.contains("no answer from the store"))
            #expect(cluster.run("$B status | grep -c 'no answer from the store'") == "1\n")
            #expect(cluster.run("$B status >/dev/null; echo $?") == "1\n")
            #expect(cluster.run("$B status --json | jq .store.answers") == "false\n")
        }

        @Test("S2-48 several orchestrators of a cluster know each other")
        func several() throws {
            let cluster = try CommandLineCluster("orchestrators: 2\n" + CommandLineCluster.toolbox)
            for orchestrator in try cluster.file.orchestrators {
                let client = try RawSocket(ZMQ.dealer, id: Array("asker".utf8))
                try client.connect(orchestrator.socket)
                var names: [String] = []
                while names.count < 2 {
                    let answer = try #require(client.ask("orchestrators"))
                    names = answer["orchestrators"]?.array?.compactMap { $0["name"]?.string } ?? []
                }
                #expect(names.first == orchestrator.name && Set(names) == ["o1", "o2"])
            }
        }

        @Test("F1 a worker that is killed is replaced by another, which answers")
        func replaced() throws {
            let cluster = try CommandLineCluster(CommandLineCluster.toolbox)
            #expect(cluster.run("$B call echo 1") == "1\n")
            let before = try cluster.file.workers[0].identity
            before.send(SIGKILL)
            #expect(cluster.run("$B call echo 2 --timeout 10s; :").isEmpty == false)
            #expect(cluster.awaitAgent("echo"))
            // A call may come in the moment between two processes, and is refused at once then.
            let again = "until $B call echo 3 2>/dev/null; do :; done"
            #expect(cluster.run("export B; timeout 10 sh -c '\(again)'") == "3\n")
            #expect(try cluster.file.workers[0].identity != before)
        }

        @Test("F7 a worker that cannot run is tried ever more slowly, and status says so")
        func restartRate() throws {
            let cluster = try CommandLineCluster("workers: [{name: bad, command: ['false']}]\n")
            let waiting = "until $B status --json | grep -q restarting; do :; done"
            #expect(cluster.run("export B; timeout 10 sh -c '\(waiting)'; echo $?") == "0\n")
            let ends = cluster.run("$B logs baton --json | grep -c 'a process ended'")
            #expect((Int(ends.filter(\.isNumber)) ?? 100) <= 5)
            #expect(cluster.run("$B status >/dev/null; echo $?") == "1\n")
        }

        @Test("Status says how a process ended that is started again, and what it said last")
        func reasons() throws {
            let cluster = try CommandLineCluster(
                """
                workers:
                  - {name: bad, command: [sh, -c, 'echo one; echo no luck >&2; exit 3']}
                  - {name: mute, command: [sh, -c, 'kill -9 $$']}

                """)
            for line in ["bad.1 ended with code 3: no luck", "mute.1 ended with signal 9"] {
                let waiting = "until $B status | grep -qx \"\(line)\"; do :; done"
                #expect(cluster.run("export B; timeout 10 sh -c '\(waiting)'; echo $?") == "0\n")
            }
        }

        @Test("An orchestrator that cannot be started again is shown, and the cluster is not whole")
        func lostOrchestrator() throws {
            let cluster = try CommandLineCluster(nil)
            try cluster.folder.write(CommandLineCluster.sleepers, to: "baton.yaml")
            let programs = "cp $B ${B%baton}batond ."
            let start = "./baton up --detach --store memory >/dev/null 2>&1; echo $?"
            #expect(cluster.run("\(programs) && \(start)") == "0\n")
            let spoilt = "rm batond; printf '#!/bin/sh\necho no luck; exit 3' >batond"
            _ = cluster.run("\(spoilt); chmod +x batond")
            try cluster.file.orchestrators[0].identity.send(SIGKILL)
            let line = "o1 ended with code 3: no luck"
            let waiting = "until $B status | grep -qx \"\(line)\"; do :; done"
            #expect(cluster.run("export B; timeout 10 sh -c '\(waiting)'; echo $?") == "0\n")
            #expect(cluster.run("$B status >/dev/null; echo $?") == "1\n")
        }

        @Test("A key that is added is let in by a cluster that runs, and one taken off is not")
        func keys() throws {
            let cluster = try CommandLineCluster(CommandLineCluster.toolbox)
            #expect(cluster.awaitAgent("echo"))
            #expect(cluster.run("$B keys add shop --role client").contains("from now on"))
            let bus = try cluster.file.orchestrators[0].bus
            let call = "BATON_BUS=\(bus) BATON_KEY=.baton/keys/shop.json timeout 20 $B call echo 1"
            let calling = "until \(call) 2>/dev/null; do :; done"
            #expect(cluster.run("export B; timeout 10 sh -c '\(calling)'") == "1\n")
            let pid = try cluster.file.orchestrators[0].pid
            _ = cluster.run("sed -i '/^shop:/,$d' .baton/keys/allow.yaml; kill -HUP \(pid)")
            let refused = "while \(call) >/dev/null 2>&1; do :; done; \(call); echo $?"
            #expect(cluster.run("export B; timeout 30 sh -c '\(refused)' 2>&1").hasSuffix("77\n"))
        }

        @Test("Down ends what a supervisor that was killed left behind")
        func leftovers() throws {
            let cluster = try CommandLineCluster(CommandLineCluster.sleepers)
            let file = try cluster.file
            file.supervisor.send(SIGKILL)
            #expect(cluster.run("$B down >/dev/null; echo $?") == "0\n")
            let all = file.workers.map(\.identity) + file.orchestrators.map(\.identity)
            #expect(all.filter(\.isAlive) == [])
        }

        @Test(
            "What keeps a cluster from starting is said, detached or not",
            arguments: ["", "--detach"])
        func refusedStart(option: String) throws {
            let cluster = try CommandLineCluster(nil)
            try cluster.folder.write(
                "workers: [{command: [no-such-program]}]\n", to: "baton.yaml")
            let answer = cluster.run("$B up \(option); echo $?")
            #expect(answer.hasSuffix("78\n"))
            #expect(answer.contains("\"no-such-program\" was found neither"))
        }

        @Test("B59 a pipe to head ends without noise, closed outputs too")
        func pipes() throws {
            let cluster = try CommandLineCluster(nil)
            let line = "bash -c '$0 help | head -1 >/dev/null; echo ${PIPESTATUS[0]}' $B"
            #expect(cluster.run(line) == "0\n")
            #expect(cluster.run("$B version >&-; echo $?") == "0\n")
            #expect(cluster.run("$B nonsense 2>&-; echo $?") == "2\n")
            #expect(cluster.run("$B version <&- >/dev/null; echo $?") == "0\n")
        }
    }
}
