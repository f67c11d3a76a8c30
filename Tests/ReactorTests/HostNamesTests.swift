import Telemetry
import Testing

@testable import Reactor

/// Looking up names: off the loop, one question for all who ask the same, answers on the loop.
@Suite struct HostNamesTests {
    @Test("a silent server of names holds up nobody, and all who asked get the one answer")
    func silence() throws {
        try EventLoop.run { loop in
            let gate = Gate()
            let asked = Seen()
            let names = HostNames(loop) { _ in
                asked.add(1)
                gate.wait()
                return ["10.0.0.1"]
            }
            let (answers, told) = AsyncStream<[String]>.makeStream()
            for _ in 0..<3 {
                names.find("far") {
                    #expect(loop.isOnLoop)
                    told.yield($0)
                }
            }
            // The loop goes on meanwhile: it is what opens the gate.
            let timer = loop.timer(after: .milliseconds(1)) { gate.open() }
            var heard: [[String]] = []
            for await answer in answers {
                heard.append(answer)
                if heard.count == 3 { break }
            }
            #expect(heard == [["10.0.0.1"], ["10.0.0.1"], ["10.0.0.1"]])
            #expect(asked.values == [1])
            timer.cancel()
            withExtendedLifetime(names) {}
        }
    }

    @Test("a name is asked for anew each time")
    func again() throws {
        try EventLoop.run { loop in
            let asked = Seen()
            let names = HostNames(loop) { _ in
                asked.add(1)
                return ["10.0.0.\(asked.values.count)"]
            }
            #expect(await names.find("moving") == ["10.0.0.1"])
            #expect(await names.find("moving") == ["10.0.0.2"])
        }
    }

    @Test("this machine knows itself, and nobody under a name that cannot be")
    func system() throws {
        try EventLoop.run { loop in
            let names = HostNames(loop)
            #expect(await names.find("localhost").contains("127.0.0.1"))
            #expect(await names.find("no such host").isEmpty)
        }
    }

    @Test(
        "a number is no name",
        arguments: [
            ("127.0.0.1", true), ("[::1]", true), ("fd00::2", true), ("localhost", false),
            ("redis", false), ("1.2.3", false), ("", false), ("10.0.0.1.example", false),
        ])
    func numeric(_ host: String, _ isNumeric: Bool) {
        #expect(HostNames.isNumeric(host) == isNumeric)
    }
}

extension HostNames {
    fileprivate func find(_ name: String) async -> [String] {
        await withCheckedContinuation { answer in find(name) { answer.resume(returning: $0) } }
    }
}
