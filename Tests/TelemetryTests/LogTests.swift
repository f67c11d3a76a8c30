import Synchronization
import Testing

@testable import Telemetry

@Suite("Log") struct LogTests {
    /// What a log of the given level wrote, line by line.
    private func lines(level: Log.Level = .debug, _ body: (Log) -> Void) -> [String] {
        let written = Lines()
        body(Log(component: "bus", level: level, write: { written.append($0) }))
        return written.all
    }

    /// The line from its level on: the time before it is that of the machine.
    private func line(level: Log.Level = .debug, _ body: (Log) -> Void) throws -> String {
        let line = try #require(lines(level: level, body).first)
        let start = try #require(line.firstRange(of: ",\"level\""))
        return String(line[start.lowerBound...])
    }

    @Test("a line is one JSON object with its fields in the order given")
    func shape() throws {
        let text = try line {
            $0.info(
                "worker ready", ["agent": "cost", "credit": 4, "load": .number(0.5), "ok": true])
        }
        let fields = #""agent":"cost","credit":4,"load":0.5,"ok":true"#
        let head = #","level":"info","component":"bus","message":"worker ready","#
        #expect(text == head + fields + "}\n")
    }

    @Test(
        "B87 nothing in a field can forge a line or reach a terminal",
        arguments: [
            ("line\r\nbreak", #"line\r\nbreak"#),
            ("\u{1b}[31mred", #"\u001b[31mred"#),
            ("quote\" slash\\ tab\t", #"quote\" slash\\ tab\t"#),
            ("\u{0}\u{7f}\u{9b}", #"\u0000\u007f\u009b"#),
            ("%n%s ünïcode 🙂", "%n%s ünïcode 🙂"),
        ])
    func escaping(value: String, escaped: String) throws {
        let text = try line { $0.error("failed", ["reason": .text(value)]) }
        #expect(text.hasSuffix("\"reason\":\"\(escaped)\"}\n"))
        let controls = text.unicodeScalars.dropLast().filter {
            $0.properties.generalCategory == .control
        }
        #expect(controls.isEmpty)
    }

    @Test("B87 the name of a field and the component are escaped as well")
    func names() throws {
        let written = Lines()
        let log = Log(component: "a\"b\n", write: { written.append($0) })
        log.info("started", ["x\ny": 1])
        #expect(written.all.first?.contains(#""component":"a\"b\n""#) == true)
        #expect(written.all.first?.contains(#""x\ny":1"#) == true)
    }

    @Test("a name that a line has already gets a mark: no object says something twice")
    func sameNames() throws {
        let text = try line {
            let log = $0.tagged(["request": "r1"]).tagged(["request": "r2", "span": "s"])
            log.info("x", ["request": "mine", "time": 1, "span": 2, "a": 1, "a": 2])
        }
        let fields = #""request__":"mine","time_":1,"span_":2,"a":1,"a_":2"#
        #expect(text.hasSuffix(fields + #","request":"r1","request_":"r2","span":"s"}"# + "\n"))
    }

    @Test("tags stand at the end of every line, also under another component's name")
    func tags() throws {
        let text = try line { $0.tagged(["request": "r"]).named("cost").error("failed", ["n": 1]) }
        let head = #","level":"error","component":"cost","message":"failed""#
        #expect(text == head + #","n":1,"request":"r"}"# + "\n")
    }

    @Test("a text without end is cut, in the middle of a letter too")
    func longText() throws {
        let text = try line {
            $0.error("x", ["reason": .text(String(repeating: "€", count: 9000))])
        }
        #expect(text.utf8.count < 9000 && text.hasSuffix("\"}\n"))
    }

    @Test(
        "S5-57 what is made for debug alone is made at that level alone",
        arguments: Log.Level.allCases)
    func debugging(_ level: Log.Level) {
        #expect(Log(component: "", level: level, write: { _ in }).isDebugging == (level == .debug))
    }

    @Test("a number JSON cannot write is null", arguments: [Double.nan, .infinity, -.infinity])
    func numbers(value: Double) throws {
        #expect(try line { $0.info("load", ["value": .number(value)]) }.hasSuffix(":null}\n"))
    }

    @Test(
        "S5-56 S5-57 the usual level tells of stages and keeps what agents say for debug"
    )
    func usualLevel() {
        let written = lines(level: .info) {
            $0.debug("message sent")
            $0.info("stage entered")
        }
        #expect(written.count == 1)
        #expect(written.first?.contains("stage entered") == true)
    }

    @Test("S5-58 S5-59 retries are warnings, failures are errors, and each level hides those below")
    func levels() {
        for level in Log.Level.allCases {
            let written = lines(level: level) {
                $0.debug("message sent")
                $0.info("stage entered")
                $0.warning("step repeated")
                $0.error("request failed")
            }
            let shown = Log.Level.allCases.filter { $0 >= level }
            #expect(written.count == shown.count)
            for (line, level) in zip(written, shown) {
                #expect(line.contains("\"level\":\"\(level.name)\""))
            }
        }
    }

    @Test("a level is found by its name alone")
    func levelNames() {
        for level in Log.Level.allCases { #expect(Log.Level(name: level.name) == level) }
        #expect(Log.Level(name: "INFO") == nil)
        #expect(Log.Level(name: "") == nil)
    }

    @Test("the silent log is silent about everything")
    func silent() {
        #expect(Log.silent.level == .error)
        Log.silent.error("nobody hears this")
    }
}

/// Collects lines from a closure that may be called anywhere.
private final class Lines: Sendable {
    private let lines = Mutex<[String]>([])

    var all: [String] { lines.withLock { $0 } }

    func append(_ line: String) { lines.withLock { $0.append(line) } }
}
