/// The commands of this release, in the order in which a newcomer meets them.
enum CommandTree {
    static let root: Command = Command(
        "baton", "Runs agents as separate processes and never drops what it accepted.",
        discussion: """
            An orchestrator talks to worker processes that are deployed on their own. This \
            program starts a cluster in a folder, calls agents, and shows what goes on.

            Start with: baton up, then, in another terminal: baton call echo '"hello"'
            """,
        examples: [
            Example("baton up", "Start an orchestrator and the toolbox worker in this folder"),
            Example("baton call echo '{\"hello\": \"world\"}'", "Call an agent"),
            Example("baton init worker greeter --language python", "Begin a worker of your own"),
        ],
        subcommands: [
            UpCommand.command, DownCommand.command, CallCommand.command, AskCommand.command,
            NotifyCommand.command, BroadcastCommand.command, PipelineCommand.command,
            StatusCommand.command,
            AgentsCommand.command, InstancesCommand.command, RequestsCommand.command,
            SessionsCommand.command, ApproveCommand.command, DeadCommand.command,
            FreezeCommand.command, StoreCommand.command, WorkflowsCommand.command,
            ExplainCommand.command, TraceCommand.command, TopCommand.command,
            TapCommand.command, ReplayCommand.command,
            LogsCommand.command, BenchCommand.command, WorkerCommand.command,
            EvalCommand.command, ConfigCommand.command, KeysCommand.command,
            InitCommand.command,
            DoctorCommand.command, CompletionCommand.command,
            VersionCommand.command,
            HelpCommand.command,
        ])
}
