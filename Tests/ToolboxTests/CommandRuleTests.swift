import Document
import Telemetry
import Testing

@testable import baton_toolbox

/// What the operator's file lets a workflow run, as a table: nothing is started.
@Suite("The rules for commands") struct CommandRuleTests {
    private static let file = """
        commands:
          grep: {path: /usr/bin/grep, flags: [-i, -c, "--max-count=*"], paths: [2], arguments: 4}
          git: {path: /usr/bin/git, words: [status, log], flags: [--oneline]}
          cat: {path: /usr/bin/cat, paths: all, environment: [LC_ALL], set: {A: b}}
          find: {path: /usr/bin/find, flags: [-name, --]}
          greet:
            path: /opt/greet
            text: |
              input=$(cat)
              echo "$input"
        """

    private func rules() throws -> CommandRules { try CommandRules(YAML.parse(Self.file)) }

    /// What comes of a command: its arguments, or the title and the detail of the refusal.
    private func verdict(_ command: String, _ arguments: [String] = []) throws -> String {
        let rules = try rules()
        do throws(Problem) {
            let found = try rules.find(command)
            let all = found.arguments + arguments
            let paths = try found.rule.paths(in: all)
            return "\(found.rule.name) \(all) \(paths)"
        } catch {
            return "\(error.status): \(error.detail)"
        }
    }

    @Test(
        "B67 arguments are bytes, whatever a shell would make of them",
        arguments: [
            "; rm -rf /", "$(id)", "`id`", "${IFS}", "r''m", "a\nb", "\u{2010}rf", "| sh", "&& x",
            "> /etc/passwd", "*", "~", "é", "", "-", "\"", "\\", "!x", "#",
        ])
    func bytes(argument: String) throws {
        #expect(try verdict("grep", ["x", argument]) == "grep \(["x", argument]) \([argument])")
    }

    @Test(
        "B67 a flag that is not in the file is refused",
        arguments: [
            ("grep", ["--output=/etc/x"]), ("grep", ["-f", "/etc/passwd"]), ("grep", ["-ic"]),
            ("grep", ["--max-count"]), ("find", [".", "-exec", "id", ";"]),
            ("find", [".", "-delete"]), ("git", ["-c", "core.pager=id", "log"]),
            ("git", ["--exec-path=/tmp", "status"]), ("cat", ["--", "x"]),
            ("git", ["push"]), ("git", ["log", "--", "x"]),
        ])
    func flags(command: String, arguments: [String]) throws {
        let verdict = try verdict(command, arguments)
        #expect(verdict.hasPrefix("403: \(command): the "), "\(verdict)")
        #expect(verdict.contains("--commands"))
    }

    @Test(
        "B67 nothing but the programs of the file, and never a shell",
        arguments: [
            "sh", "/usr/bin/grep", "env", "xargs", "tar", "grep; id", "grep x | sh", "grep $(id)",
            "grep `id`", "grep x > y", "grep x && id", "grep ${x}", "grep \"$(id)\"", "cd /",
            "echo hello", "grep x\nid", "Grep", "grep\u{a0}x", "./grep", "grep *", "grep x &",
            "input=$(cat)\necho \"$input\"\nid",
        ])
    func programs(command: String) throws {
        let verdict = try verdict(command)
        #expect(verdict.hasPrefix("403: "), "\(verdict)")
    }

    @Test("B67 without a file nothing may be run, and it says how to allow it")
    func nothing() throws {
        let problem = #expect(throws: Problem.self) { try CommandRules().find("echo") }
        #expect(problem?.detail.contains("commands: {echo: {path: /usr/bin/echo}}") == true)
    }

    @Test("splits a line into words that are checked like any other")
    func lines() throws {
        #expect(try verdict("grep -c 'a b' \"c d\"") == "grep \(["-c", "a b", "c d"]) \(["c d"])")
        #expect(try verdict("grep -v x").hasPrefix("403"))
        #expect(try verdict("grep 'x").hasPrefix("400"))
        #expect(try verdict("  ").hasPrefix("400"))
    }

    @Test("runs a program that stands for a whole text, and for that text alone")
    func text() throws {
        #expect(try verdict("input=$(cat)\necho \"$input\"", ["Foo"]) == "greet \(["Foo"]) []")
    }

    @Test("B67 refuses too many arguments and a NUL")
    func counts() throws {
        #expect(try verdict("grep", ["a", "b", "c", "d"]).hasPrefix("grep"))
        #expect(try verdict("grep", ["a", "b", "c", "d", "e"]).contains("at most 4"))
        #expect(try verdict("grep", ["a\0b"]).contains("NUL"))
    }

    @Test("B67 sets no variable but those that are allowed")
    func variables() throws {
        let rule = try #require(try rules().rules.first { $0.name == "cat" })
        #expect(
            try rule.environment(with: ["LC_ALL": "C"])
                == ["PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "A": "b", "LC_ALL": "C"])
        for name in ["LD_PRELOAD", "PATH", "A", ""] {
            #expect(throws: Problem.self) { try rule.environment(with: [name: "x"]) }
        }
    }

    @Test(
        "says what is wrong with a file",
        arguments: [
            "commands: {a: {path: grep}}", "commands: {a: {}}",
            "commands: {a: {path: /x, flag: 1}}",
            "commands: {a: {path: /x, paths: some}}", "commands: {a: {path: /x, timeout: 0s}}",
            "command: {}", "[]", "", "commands: {a: {path: /x, paths: [0]}}",
        ])
    func files(text: String) {
        #expect(throws: Fault.self) { try CommandRules(YAML.parse(text)) }
    }

    @Test(
        "a star stands for any text",
        arguments: [
            ("abc", "abc", true), ("abc", "a*", true), ("abc", "*c", true), ("abc", "*", true),
            ("", "*", true), ("", "", true), ("abc", "a*d", false), ("abc", "ab", false),
            ("--a=b=c", "--a=*", true), ("aXbXc", "a*b*c", true), ("ab", "abc", false),
        ])
    func stars(text: String, pattern: String, expected: Bool) {
        #expect(Glob.matches(text, pattern) == expected)
    }
}
