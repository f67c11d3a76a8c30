import Testing

@testable import baton

/// The bash script, run by bash itself.
@Suite struct CompletionTests {
    private func complete(_ words: [String]) throws -> [String] {
        let folder = try TemporaryFolder()
        let script = CompletionScript(tree: CommandTree.root).text(for: .bash)
        _ = try folder.write("baton.bash", script)
        let list = words.map { "'\($0)'" }.joined(separator: " ")
        _ = try folder.write(
            "ask.bash",
            """
            cd '\(folder.path)'; source ./baton.bash
            COMP_WORDS=(\(list)); COMP_CWORD=\(words.count - 1)
            _baton; printf '%s\\n' "${COMPREPLY[@]}"
            """)
        return Shell.output(of: "bash '\(folder.path)/ask.bash' 2>&1").split(separator: "\n")
            .map(String.init).sorted()
    }

    @Test(
        "Bash completes commands, options and their values",
        arguments: [
            (["baton", "ve"], ["version"]),
            (["baton", "sta"], ["status"]),
            (["baton", "ses"], ["sessions"]),
            (["baton", "sessions", ""], ["end", "list", "open", "show"]),
            (["baton", "call", "--ses"], ["--session"]),
            (["baton", "init", ""], ["worker", "workflow"]),
            (["baton", "init", "worker", "--la"], ["--language"]),
            (["baton", "init", "worker", "--language", "p"], ["program", "python"]),
            (["baton", "init", "worker", "--language", "=", "s"], ["swift"]),
            (["baton", "--color", "a"], ["always", "auto"]),
            (["baton", "completion", ""], ["bash", "fish", "zsh"]),
            (["baton", "--json", "completion", "z"], ["zsh"]),
            (["baton", "up", "baton."], ["baton.bash"]),
            (["baton", "up", "--orchestrators", ""], []),
            (["baton", "up", "--supervise"], []),
        ])
    func bash(words: [String], expected: [String]) throws {
        #expect(try complete(words) == expected)
    }

    @Test("A new word shows the commands and keeps the options back")
    func commands() throws {
        #expect(try complete(["baton", ""]) == CommandTree.root.subcommands.map(\.name).sorted())
    }

    @Test("The scripts for zsh and fish name every command and no hidden option")
    func others() {
        let script = CompletionScript(tree: CommandTree.root)
        for shell in [CompletionScript.Shell.zsh, .fish] {
            let text = script.text(for: shell)
            for command in CommandTree.root.subcommands { #expect(text.contains(command.name)) }
            #expect(!text.contains("supervise"))
        }
    }
}
