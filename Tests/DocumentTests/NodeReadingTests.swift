import Document
import Telemetry
import Testing

@Suite struct NodeReadingTests {
    let node: Node

    init() throws {
        node = try YAML.parse(
            """
            name: cost
            retires: 3
            agents:
              - name: a
                capacity: "5x"
              - {timeout: 250ms, buffer: 64KiB, share: 0.5, on: true}
            port: 70000
            empty:
            """, source: "baton.yaml")
    }

    func message(_ body: () throws -> Void) -> String? {
        fault(body)?.description
    }

    @Test("B53 an unknown key is refused at its place, with the nearest one offered")
    func unknownKeys() throws {
        let known = ["name", "retries", "agents", "port", "empty"]
        #expect(
            message { _ = try node.mapping(knownKeys: known) }
                == "baton.yaml:2:1: unknown key \"retires\", did you mean \"retries\"?")
        let agent = try #require(try node["agents"]?.list().first)
        #expect(
            message { _ = try agent.mapping(knownKeys: ["name"]) }
                == "baton.yaml:5:5: agents[0]: unknown key \"capacity\"")
    }

    @Test("B51 B52 values of a wrong type or outside their range are refused with place and path")
    func wrong() throws {
        let mapping = try node.mapping(knownKeys: ["name", "retires", "agents", "port", "empty"])
        let first = try mapping.required("agents").list()[0]
        let table: [(() throws -> Void, String)] = [
            (
                { _ = try first["capacity"]?.integer(in: 1...9) },
                #"baton.yaml:5:15: agents[0].capacity: expected an integer, found "5x""#
            ),
            (
                { _ = try mapping["port"]?.integer(in: 1...65535) },
                #"baton.yaml:7:7: port: expected an integer from 1 to 65535, found "70000""#
            ),
            (
                { _ = try mapping["port"]?.integer() as UInt8? },
                #"baton.yaml:7:7: port: expected an integer from 0 to 255, found "70000""#
            ),
            (
                { _ = try mapping["empty"]?.string() },
                "baton.yaml:8:7: empty: expected text, found nothing"
            ),
            (
                { _ = try mapping["agents"]?.string() },
                "baton.yaml:4:3: agents: expected text, found a list"
            ),
            (
                { _ = try mapping["name"]?.bool() },
                #"baton.yaml:1:7: name: expected true or false, found "cost""#
            ),
            (
                { _ = try mapping["name"]?.list() },
                #"baton.yaml:1:7: name: expected a list, found "cost""#
            ),
            (
                { _ = try mapping["name"]?.entries() },
                #"baton.yaml:1:7: name: expected a mapping, found "cost""#
            ),
            (
                { _ = try mapping["name"]?.number() },
                #"baton.yaml:1:7: name: expected a number, found "cost""#
            ),
            ({ _ = try mapping.required("host") }, #"baton.yaml:1:1: the key "host" is missing"#),
            (
                { _ = try mapping["port"]?.duration() },
                "baton.yaml:7:7: port: expected a duration such as 250ms, 5s, 2m, 1h or PT5S, "
                    + #"found "70000""#
            ),
        ]
        for (body, expected) in table { #expect(message(body) == expected) }
    }

    @Test("Typed readers give what is written")
    func readers() throws {
        let second = try #require(try node["agents"]?.list()[1])
        #expect(try second["timeout"]?.duration() == .milliseconds(250))
        #expect(try second["buffer"]?.size() == 65536)
        #expect(try second["share"]?.number(in: 0...1) == 0.5)
        #expect(try second["on"]?.bool() == true)
        #expect(try node["retires"]?.integer() == 3)
        #expect(try second.entries().map(\.key) == ["timeout", "buffer", "share", "on"])
        #expect(second.path == "agents[1]")
        #expect(second.position == TextPosition(line: 6, column: 5))
        #expect(throws: Fault.self) {
            try second["timeout"]?.duration(in: .seconds(1) ... .seconds(2))
        }
        #expect(throws: Fault.self) { try second["buffer"]?.size(in: 0...1024) }
    }

    @Test("B45 a Codable type read from a file reports file, line, column and keys")
    func decoder() {
        struct Agent: Decodable {
            var name: String
            var capacity: Int
        }
        struct File: Decodable { var agents: [Agent] }
        #expect(
            message { _ = try DocumentDecoder().decode(File.self, from: node) }
                == #"baton.yaml:5:15: agents[0].capacity: expected an integer, found "5x""#)
        struct Other: Decodable { var host: String }
        #expect(
            message { _ = try DocumentDecoder().decode(Other.self, from: node) }
                == #"baton.yaml:1:1: host: the field "host" is missing"#)
        enum Name: String, Decodable { case security }
        struct Named: Decodable { var name: Name }
        #expect(
            message { _ = try DocumentDecoder().decode(Named.self, from: node) }?
                .hasPrefix("baton.yaml:1:7: name: ") == true)
    }

    @Test(
        "B52 durations are read in both forms and never guessed",
        arguments: [
            ("250ms", Duration.milliseconds(250)), ("5s", .seconds(5)), ("2m", .seconds(120)),
            ("1h", .seconds(3600)), ("1.5s", .milliseconds(1500)), ("0s", .zero),
            ("1d", .seconds(86400)),
            ("PT5S", .seconds(5)), ("PT0.25S", .milliseconds(250)), ("P1DT2H3M4S", .seconds(93784)),
            ("P2W", .seconds(1_209_600)), ("PT1M", .seconds(60)), ("", nil), ("5", nil),
            ("-5s", nil),
            ("5 s", nil), ("5sec", nil), ("s", nil), (".5s", nil), ("1.s", nil), ("P", nil),
            ("PT", nil),
            ("P1Y", nil), ("P1M", nil), ("PT1D", nil), ("P1H", nil), ("PT1S1M", nil), ("P1DT", nil),
            ("99999999999999999999s", nil), ("9223372036854775807d", nil),
            ("PT9223372036854775807H", nil),
            ("1h30m", nil), ("NaNs", nil), ("PT1", nil), ("P1T", nil),
        ] as [(String, Duration?)])
    func durations(text: String, duration: Duration?) {
        #expect(Quantity.duration(text) == duration)
    }

    @Test(
        "B52 sizes are read in powers of 1024 and never guessed",
        arguments: [
            ("512", 512), ("512B", 512), ("64KiB", 65536), ("1MiB", 1 << 20), ("2GiB", 2 << 30),
            ("1TiB", 1 << 40), ("0", 0), ("", nil), ("1KB", nil), ("1.5MiB", nil), ("-1", nil),
            ("1 MiB", nil), ("9999999999GiB", nil), ("MiB", nil), ("1mib", nil),
        ] as [(String, Int?)])
    func sizes(text: String, size: Int?) {
        #expect(Quantity.size(text) == size)
    }
}
