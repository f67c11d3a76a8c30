import Document
import TestKit
import Testing

@testable import baton

extension Integration {
    /// Sessions as people use them: over several orchestrators, and over the death of one.
    @Suite(.serialized, .enabled(if: CommandLineCluster.hasRedis))
    struct CommandLineSessionTests {
        private static let two = "orchestrators: 2\n" + CommandLineCluster.toolbox

        @Test("S2-47 S5-28 a conversation goes on at any orchestrator, with what agents remember")
        func anywhere() throws {
            let cluster = try CommandLineCluster(Self.two, "")
            #expect(cluster.awaitAgent("memo"))
            let first = "$B call memo '{\"note\": 7}' --session chat-7"
            #expect(cluster.run(first) == "{\"session\":\"chat-7\",\"before\":[]}\n")
            let count = "jq -c '[.before[].note, .note]'"
            for turn in 1...4 {
                let next = "$B call memo '{\"note\": \(turn)}' --session chat-7 | \(count)"
                let before = ([7] + Array(1..<turn)).map(String.init)
                let expected = (before + [before.last ?? ""]).joined(separator: ",")
                #expect(cluster.run(next) == "[\(expected)]\n")
            }
            let shown = cluster.run("$B sessions show chat-7")
            #expect(shown.contains("completed") && shown.contains("5 succeeded"))
            #expect(shown.contains("\"note\":4") && shown.contains("dispatched"))
            let row = "$B sessions --json | jq -c '.sessions[0] | [.session, .state, .requests]'"
            #expect(cluster.run(row) == "[\"chat-7\",\"completed\",5]\n")
        }

        @Test("S5-26 S5-27 ids are made and told, stages and errors shown, ends by hand seen")
        func byHand() throws {
            let cluster = try CommandLineCluster(Self.two, "")
            #expect(cluster.awaitAgent("memo"))
            let new = cluster.run("$B call echo 1 --session new 2>&1 >/dev/null")
            let id = new.split(whereSeparator: \.isWhitespace).last.map(String.init) ?? ""
            #expect(new.hasPrefix("Session s-"))
            let asked = "jq -c .conversation[0].query"
            #expect(cluster.run("$B sessions show \(id) --json | \(asked)") == "1\n")
            let opened = cluster.run("S=$($B sessions open); $B sessions show $S --json")
            #expect(opened.contains("\"state\":\"created\""))
            let failing = "$B pipeline echo,echo,fail '{\"a\": 1}' --session \(id)"
            #expect(cluster.run("\(failing); echo $?").hasSuffix("1\n"))
            let shown = cluster.run("$B sessions show \(id)")
            #expect(shown.contains("stage 2") && shown.contains("{\"a\":1}"))
            #expect(shown.contains("failed as it was told to"))
            #expect(cluster.run("$B sessions end \(id)") == "Ended \(id)\n")
            let state = "$B sessions show \(id) --json | jq -r .state"
            #expect(cluster.run(state) == "expired\n")
            #expect(cluster.run("$B sessions show nobody; echo $?").hasSuffix("1\n"))
            #expect(cluster.run("$B sessions end nobody; echo $?").hasSuffix("1\n"))
        }

        @Test("E22 X-07 a session survives kill -9 of all orchestrators, and counts nothing twice")
        func killed() throws {
            let cluster = try CommandLineCluster(Self.two, "")
            #expect(cluster.awaitAgent("memo"))
            _ = cluster.run("$B call memo '{\"note\": 1}' --session chat-7")
            // Whoever waits for it may be told that it waits in vain; the work goes on.
            _ = cluster.run("$B notify memo '{\"note\": 2, \"ms\": 500}' --session chat-7 --id n")
            let pids = try cluster.file.orchestrators.map(\.pid)
            #expect(pids.count == 2)
            #expect(cluster.run("kill -9 \(pids.map { "\($0)" }.joined(separator: " "))") == "")
            let done = "until $B requests wait n --timeout 2s; do sleep 0.1; done"
            let told = cluster.run("export B; timeout 60 sh -c '\(done)' 2>/dev/null; echo $?")
            #expect(told.hasSuffix("0\n"))
            let counts = "jq -c '[.state, .requests, .succeeded, .running]'"
            let expected = "[\"completed\",2,2,0]\n"
            #expect(cluster.run("$B sessions show chat-7 --json | \(counts)") == expected)
            let next = "$B call memo '{}' --session chat-7 | jq -c '[.before[].note, .note]'"
            #expect(cluster.run(next) == "[1,2,2]\n")
            #expect(cluster.run("$B store").contains("conversations"))
        }
    }
}
