import Glibc
import Reactor
import Telemetry
import Testing

@testable import baton

@Suite struct PrintableTests {
    @Test(
        "B61 escape sequences and control characters are taken out whole",
        arguments: [
            ("plain", "plain"), ("a\u{1b}[31mred\u{1b}[0m", "ared"), ("\u{1b}[2J\u{1b}[Hx", "x"),
            ("\u{1b}]0;title\u{7}x", "x"), ("\u{1b}]52;c;cGFzdGU=\u{1b}\\x", "x"),
            ("\u{1b}Pdevice\u{1b}\\x", "x"), ("\u{9b}31mx", "x"), ("\u{9d}0;t\u{9c}x", "x"),
            ("\u{1b}(Bx", "x"), ("\u{1b}cx", "x"), ("\u{1b}", ""), ("\u{1b}[", ""),
            ("a\u{8}\u{7f}\u{0}\u{d}b", "ab"), ("\u{1b}[\u{1b}[31mx", "x"), ("a\tb\nc", "a\tb\nc"),
            ("\u{1b}]0;no end\nnext", "\nnext"), ("\u{1b}[3\u{18}1m", "1m"),
            ("\u{202e}evil\u{2066}", "evil"), ("\u{e0041}\u{feff}x", "x"), ("é漢🙂", "é漢🙂"),
        ])
    func stripped(text: String, expected: String) {
        #expect(Printable.stripped(text) == expected)
    }

    @Test("B61 what is stripped holds nothing a terminal acts on, whatever went in")
    func noise() {
        var random = SystemRandomNumberGenerator()
        let alphabet = Array("\u{1b}[]0;mP\\\u{7}\u{9b}\u{9c}\u{9d}\u{d}x\n (B^_X".unicodeScalars)
        for _ in 0..<2000 {
            let text = String(
                String.UnicodeScalarView(
                    (0..<40).map { _ in alphabet.randomElement(using: &random) ?? "x" }))
            let isHarmless = Printable.stripped(text).unicodeScalars.allSatisfy {
                $0 == "\n" || (0x20..<0x7f).contains($0.value)
            }
            #expect(isHarmless)
        }
    }

    @Test("B61 foreign text is stripped for a terminal and kept for a pipe")
    func foreign() throws {
        for (terminal, expected) in [
            (Terminal.person(), "hi\n"), (Terminal.none, "\u{1b}[31mhi\n"),
        ] {
            let memory = Memory()
            try Output(terminal: terminal, sink: memory.add).foreign("\u{1b}[31mhi")
            #expect(memory.text == expected)
        }
    }

    @Test("B61 interpolated text is harmless, literals are kept")
    func interpolation() {
        let evil = "\u{1b}]0;owned\u{7}name"
        let text: Text = "\(evil, .bold) is\t\(5)"
        #expect(text.rendered(colour: false) == "name is\t5")
        #expect(text.rendered(colour: true) == "\u{1b}[1mname\u{1b}[0m is\t5")
    }
}

@Suite struct TerminalTests {
    @Test(
        "Colours appear where a person sees them and nobody refused them",
        arguments: [
            (true, ["TERM": "xterm"], Terminal.ColourChoice.auto, true),
            (false, ["TERM": "xterm"], .auto, false),
            (true, ["TERM": "dumb"], .auto, false),
            (true, ["NO_COLOR": "1"], .auto, false),
            (true, ["NO_COLOR": ""], .auto, true),
            (true, [:], .never, false),
            (false, ["NO_COLOR": "1"], .always, true),
        ])
    func colours(
        isTerminal: Bool, variables: [String: String], choice: Terminal.ColourChoice,
        expected: Bool
    ) {
        let terminal = Terminal(
            isTerminal: isTerminal, columns: 80, variables: variables, choice: choice)
        #expect(terminal.colour == expected)
    }

    @Test(
        "Text is measured in columns, not in characters",
        arguments: [
            ("", 0), ("abc", 3), ("é", 1), ("e\u{301}", 1), ("漢字", 4), ("🙂", 2), ("a\u{200b}b", 2),
            ("❤️", 2), ("👩‍👩‍👧", 2), ("ｱ", 1), ("Ａ", 2),
        ])
    func widths(text: String, columns: Int) {
        #expect(DisplayWidth.of(text) == columns)
    }

    @Test(
        "A cut text never takes more columns than it may",
        arguments: ["plain words", "漢字漢字漢字", "🙂🙂🙂🙂🙂🙂", "e\u{301}e\u{301}e\u{301}", ""])
    func cuts(text: String) {
        for width in 0...14 {
            let cut = DisplayWidth.cut(text, to: width)
            #expect(DisplayWidth.of(cut) <= width)
            #expect(cut == text || width == 0 || cut.hasSuffix("…"))
        }
    }

    @Test("A status line rewrites itself, stays below other lines, and leaves nothing behind")
    func statusLine() {
        var line = StatusLine(.person(columns: 40))
        #expect(line.show("2 running") == "\r\u{1b}[K2 running")
        #expect(line.show("2 running") == "")
        #expect(line.above("a log") == "\r\u{1b}[Ka log\n2 running")
        #expect(line.clear() == "\r\u{1b}[K")
        #expect(line.clear() == "")
        #expect(line.above("after") == "after\n")
    }

    @Test("Where nothing can be rewritten the status line is silent", arguments: [true, false])
    func silentStatusLine(isTerminal: Bool) {
        var line = StatusLine(
            Terminal(
                isTerminal: isTerminal, columns: 80, variables: ["TERM": "dumb"], choice: .auto))
        #expect(line.show("x") == "")
        #expect(line.spin("x") == "")
        #expect(line.above("log") == "log\n")
    }

    @Test("B59 a reader that left ends the command without a word and without a failure")
    func brokenPipe() async throws {
        signal(SIGPIPE, SIG_IGN)
        var ends: [Int32] = [0, 0]
        #expect(unsafe pipe(&ends) == 0)
        close(ends[0])
        defer { close(ends[1]) }
        let errors = Memory()
        let console = Console(
            output: .descriptor(ends[1], variables: [:]),
            errors: Output(terminal: .none, sink: errors.add), input: { _ in [] },
            variables: [:], folder: "/", program: "", loop: try EventLoop())
        for words in [["help"], ["version"], ["completion", "bash"], ["--help"]] {
            #expect(await Program.run(words, console: console) == .ok)
        }
        #expect(errors.text == "")
    }

    @Test("B59 a full disk is a failure with its own exit code")
    func fullDisk() async throws {
        let full = unsafe open("/dev/full", O_WRONLY)
        try #require(full >= 0)
        defer { close(full) }
        let errors = Memory()
        let console = Console(
            output: .descriptor(full, variables: [:]),
            errors: Output(terminal: .none, sink: errors.add), input: { _ in [] },
            variables: [:], folder: "/", program: "", loop: try EventLoop())
        #expect(await Program.run(["version"], console: console) == .output)
        #expect(errors.text.contains("No space left"))
    }

    @Test("B59 closed outputs lose what is written and nothing else")
    func closedOutputs() async throws {
        let console = Console(
            output: .descriptor(-1, variables: [:]), errors: .descriptor(-1, variables: [:]),
            input: { _ in [] }, variables: [:], folder: "/", program: "", loop: try EventLoop())
        #expect(await Program.run(["version"], console: console) == .ok)
        #expect(await Program.run(["vrsion"], console: console) == .usage)
    }
}
