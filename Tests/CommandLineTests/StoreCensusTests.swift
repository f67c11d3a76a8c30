import Document
import Testing

@testable import baton

@Suite struct StoreCensusTests {
    private func counted(_ keys: [String], prefix: String = "baton:") -> StoreCensus {
        var census = StoreCensus(prefix: prefix)
        for key in keys where census.count(Array(key.utf8)) {
            census.measured(Array(key.utf8), bytes: 100, at: nil)
        }
        return census
    }

    @Test(
        "Every kind of key is known by what follows the prefix",
        arguments: [
            ("r:abc", "requests"), ("i:abc", "inputs"), ("o:abc", "results"), ("s:abc:1", "steps"),
            ("res:abc:1", "results of steps"), ("e:abc", "events"), ("fx:abc", "effects"),
            ("j:abc", "journals"), ("jb:abc", "contents of journals"), ("wf:abc", "workflows"),
            ("own:o1#2", "in hand, by owner"), ("ses:x", "sessions"),
            ("human:x", "tasks of people"), ("human", "list of tasks"),
            ("mem:x", "conversations"), ("sev:x", "agents' memory"), ("ses", "list of sessions"),
            ("sesr", "list of sessions"), ("sesb", "list of sessions"), ("ready", "waiting"),
            ("unc", "uncertain"),
            ("dlq", "dead letters"), ("fin", "finished list"), ("finb", "finished list"),
            ("m:495000", "metrics"), ("q", "tenants"), ("inst", "instances"), ("tok", "counters"),
            ("frozen", "frozen agents"), ("v", "counters"), ("nothing", "unknown"),
            ("ready:x", "unknown"), ("", "unknown"), ("r", "unknown"),
        ])
    func names(rest: String, expected: String) {
        let census = StoreCensus(prefix: "baton:")
        #expect(census.name(of: Array("baton:\(rest)".utf8)) == expected)
        #expect(census.name(of: Array("other:\(rest)".utf8)) == "unknown")
        #expect(census.name(of: [0xff, 0x00]) == "unknown")
    }

    @Test("Few keys are all measured, of many a sample, and their bytes are projected")
    func sample() {
        let census = counted((0..<10_000).map { "baton:r:\($0)" } + ["baton:ready"])
        let requests = census.kinds["requests"]
        #expect(requests?.keys == 10_000 && requests?.bytes == 1_000_000)
        #expect((200...1_000).contains(requests?.measured ?? 0))
        #expect(census.kinds["waiting"]?.measured == 1)
        #expect(census.keys == 10_001 && census.bytes == 1_000_100)
        #expect(census.rows.map(\.name) == ["requests", "waiting"])
    }

    @Test("Sizes that no store can have end nothing")
    func absurd() {
        var census = StoreCensus(prefix: "")
        let key = Array("r:a".utf8)
        for _ in 0..<3 where census.count(key) {
            census.measured(key, bytes: .max, at: .min)
            census.measured(key, bytes: .min, at: .max)
        }
        #expect(census.keys == 3)
        _ = census.bytes
        census.saw("requests", at: [nil, 0, -5, 7])
        #expect(census.kinds["requests"]?.oldest == 7)
    }

    @Test(
        "Bytes are shown as people read them",
        arguments: [
            (0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (1_250_000, "1.3 MB"),
            (5_000_000_000, "5.0 GB"), (Int.max, "9223372036.9 GB"),
        ])
    func sizes(bytes: Int, expected: String) {
        #expect(StoreFigures.size(bytes) == expected)
    }
}
