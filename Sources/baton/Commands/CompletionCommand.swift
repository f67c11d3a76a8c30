import Telemetry

/// `baton completion bash|zsh|fish`: prints the script that teaches the shell our commands.
enum CompletionCommand {
    private static let shell = Argument(
        "SHELL", .choice(CompletionScript.Shell.allCases.map(\.rawValue)),
        "The shell: bash, zsh or fish")

    static let command = Command(
        "completion", "Prints the completion script of a shell",
        examples: [
            Example("eval \"$(baton completion bash)\"", "Put this into ~/.bashrc"),
            Example("baton completion zsh > ~/.zfunc/_baton", "A folder of your fpath"),
            Example("baton completion fish | source", "Put this into config.fish"),
        ],
        arguments: [shell]
    ) { invocation in
        guard let shell = CompletionScript.Shell(rawValue: try invocation.required(shell)) else {
            throw Fault(Exit.usage, "SHELL must be one of bash, zsh, fish.")
        }
        let tree = invocation.path[0]
        try invocation.console.output.raw(CompletionScript(tree: tree).text(for: shell))
        return .ok
    }
}
