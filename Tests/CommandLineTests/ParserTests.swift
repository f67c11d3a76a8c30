import Telemetry
import Testing

@testable import baton

/// The grammar against a small tree of its own, so that no command of the program is in the way.
@Suite struct ParserTests {
    static let count = Option(
        "count", short: "n", .number(1...64), "N", "How many", default: "1", variable: "T_COUNT")
    static let tag = Option("tag", .text, "TAG", "A mark", repeats: true)
    static let follow = Option.flag("follow", short: "f", "Goes on")
    static let mode = Option("mode", .choice(["fast", "slow"]), "MODE", "How")
    static let file = Argument("FILE", .file, "The file", .optional)
    static let words = Argument("COMMAND", .text, "What to run", .some)

    static let tree = Command(
        "tool", "A tool",
        subcommands: [
            Command(
                "run", "Runs", arguments: [file], options: [count, tag, follow, mode]
            ) { _ in .ok },
            Command("wrap", "Wraps", arguments: [words], options: [tag]) { _ in .ok },
            Command(
                "deep", "Groups",
                subcommands: [Command("leaf", "A leaf") { _ in .ok }]),
        ])

    private func values(
        _ words: String..., variables: [String: String] = [:]
    ) throws -> Values {
        switch Parser.parse(words, tree: Self.tree, variables: variables) {
        case .run(_, let values): return values
        case .help: throw Fault(Exit.usage, "help")
        case .refused(let fault, _): throw fault
        }
    }

    private func refusal(_ words: [String], variables: [String: String] = [:]) -> String? {
        guard
            case .refused(let fault, _) =
                Parser.parse(words, tree: Self.tree, variables: variables)
        else { return nil }
        return fault.has(Exit.usage) ? fault.message : nil
    }

    @Test(
        "An option takes its value in every spelling",
        arguments: [
            ["run", "--count", "5"], ["run", "--count=5"], ["run", "-n", "5"], ["run", "-n5"],
            ["run", "-n=5"], ["run", "-fn5"], ["run", "-fn", "5"], ["run", "a", "--count", "5"],
        ])
    func spellings(words: [String]) throws {
        guard case .run(let path, let values) = Parser.parse(words, tree: Self.tree) else {
            Issue.record("refused")
            return
        }
        #expect(path.map(\.name) == ["tool", "run"])
        #expect(values[Self.count] == ["5"])
    }

    @Test("What is not given comes from the variable, then from the default")
    func fallbacks() throws {
        #expect(try values("run")[Self.count] == ["1"])
        #expect(try values("run", variables: ["T_COUNT": "7"])[Self.count] == ["7"])
        #expect(try values("run", "-n2", variables: ["T_COUNT": "7"])[Self.count] == ["2"])
        #expect(try values("run", variables: ["T_COUNT": ""])[Self.count] == ["1"])
    }

    @Test("A wrong variable is refused under its own name")
    func wrongVariable() {
        let message = refusal(["run"], variables: ["T_COUNT": "NaN"])
        #expect(message?.hasPrefix("T_COUNT needs a whole number") == true)
    }

    @Test("Repeated options keep their order; single ones are refused the second time")
    func repetition() throws {
        #expect(try values("run", "--tag", "b", "--tag=a")[Self.tag] == ["b", "a"])
        #expect(refusal(["run", "-n1", "-n2"])?.contains("given twice") == true)
    }

    @Test("Two dashes end the options, and all that follows is an argument")
    func twoDashes() throws {
        let values = try values("wrap", "--tag", "x", "--", "ls", "--tag", "-h", "--")
        #expect(values[Self.words] == ["ls", "--tag", "-h", "--"])
        #expect(values[Self.tag] == ["x"])
    }

    @Test("A lone dash is an argument")
    func loneDash() throws {
        #expect(try values("run", "-")[Self.file] == ["-"])
    }

    @Test(
        "B58 numbers are read exactly or not at all",
        arguments: [
            "0", "65", "-1", "NaN", "nan", "inf", "1e1", "0x10", "1.0", " 5", "5 ", "٥", "",
            "99999999999999999999", "-9223372036854775809", "5\u{0}",
        ])
    func numbers(text: String) {
        #expect(refusal(["run", "--count=\(text)"])?.contains("--count") == true)
        #expect(refusal(["run", "--count", text])?.contains("--count") == true)
    }

    @Test(
        "B58 misspelt words are answered with the nearest known one",
        arguments: [
            (["rnu"], "\"run\""), (["wrapp"], "\"wrap\""), (["RUN"], "\"run\""),
            (["run", "--cuont", "5"], "\"--count\""), (["run", "--follw"], "\"--follow\""),
            (["deep", "laef"], "\"leaf\""),
        ])
    func suggestions(words: [String], offered: String) {
        #expect(refusal(words)?.contains("did you mean \(offered)?") == true)
    }

    @Test(
        "B58 what cannot be meant is refused with a sentence",
        arguments: [
            [], ["deep"], [""], ["run", "--"] + ["a", "b"], ["run", "--count"],
            ["run", "--count="],
            ["run", "--follow=yes"], ["run", "-x"], ["run", "-"] + ["extra"], ["run", "--=", "x"],
            ["wrap"], ["wrap", "--"], ["run", "--mode", "middling"], ["run", "---"], ["run", "-5"],
            ["run", ""], ["run", "--tag", "--json"], ["\u{1b}[2J"], ["run", "--\u{0}"],
        ])
    func refusals(words: [String]) throws {
        let message = try #require(refusal(words))
        #expect(!message.isEmpty)
        #expect(!message.contains("\u{1b}"))
    }

    @Test(
        "B58 words of a megabyte are refused in a short sentence",
        arguments: [[], ["run", "--count"], ["run", "--mode"], ["deep"]])
    func longWords(before: [String]) throws {
        for huge in ["x", "-", "é", "--x="].map({ String(repeating: $0, count: 1 << 20) }) {
            let message = try #require(refusal(before + [huge]))
            #expect(message.utf8.count < 400)
        }
    }

    @Test(
        "B58 help is shown wherever it is asked for, and wins over mistakes",
        arguments: [
            (["-h"], ["tool"]), (["--help"], ["tool"]), (["run", "-h"], ["tool", "run"]),
            (["deep", "--help"], ["tool", "deep"]), (["run", "--cuont", "-h"], ["tool", "run"]),
            (["nothing", "--help"], ["tool"]), (["wrap", "-h"], ["tool", "wrap"]),
            (["run", "--count", "-h"], ["tool", "run"]), (["-h", "run"], ["tool", "run"]),
        ])
    func help(words: [String], title: [String]) {
        guard case .help(let path) = Parser.parse(words, tree: Self.tree) else {
            Issue.record("no help for \(words)")
            return
        }
        #expect(path.map(\.name) == title)
    }

    @Test("Common options stand before or after the command")
    func commonOptions() throws {
        #expect(try values("--json", "run")[CommonOptions.json] == ["true"])
        #expect(try values("run", "--json")[CommonOptions.json] == ["true"])
        #expect(try values("-C", "/x", "run")[CommonOptions.directory] == ["/x"])
    }

    @Test("Words of random bytes never trap")
    func noise() {
        var random = SystemRandomNumberGenerator()
        let alphabet = Array("-=hnf \u{0}\u{1b}é5xrunwapdetg".unicodeScalars)
        for _ in 0..<2000 {
            let words = (0..<Int.random(in: 0...6, using: &random)).map { _ in
                String(
                    String.UnicodeScalarView(
                        (0..<Int.random(in: 0...8, using: &random)).map { _ in
                            alphabet[Int.random(in: 0..<alphabet.count, using: &random)]
                        }))
            }
            _ = Parser.parse(words, tree: Self.tree)
        }
    }
}

@Suite struct DurationTextTests {
    @Test(
        "Durations are read exactly",
        arguments: [
            ("30", 30_000), ("30s", 30_000), ("250ms", 250), ("1.5s", 1500), ("0.1", 100),
            ("5m", 300_000), ("2h", 7_200_000), ("24h", 86_400_000), ("0.5h", 1_800_000),
            ("0.001s", 1),
        ])
    func good(text: String, milliseconds: Int) {
        #expect(DurationText.parse(text) == .milliseconds(milliseconds))
    }

    @Test(
        "B58 what is no duration is none",
        arguments: [
            "", "s", "ms", "0", "-1", "1d", "NaN", "inf", "1e3", "25h", "0.0001s", "1.", ".5",
            "1.5ms", "99999999999999999999s", "1 s", "１s",
        ])
    func bad(text: String) {
        #expect(DurationText.parse(text) == nil)
    }

    @Test(
        "Durations are spoken in their two largest units",
        arguments: [
            (Duration.milliseconds(340), "340ms"), (.seconds(8), "8s"), (.seconds(725), "12m 5s"),
            (.seconds(7200 + 60), "2h 1m"), (.seconds(273_600), "3d 4h"), (.zero, "0ms"),
            (.seconds(-5), "0ms"),
        ])
    func spoken(duration: Duration, text: String) {
        #expect(DurationText.spoken(duration) == text)
    }
}
