import Document
import Language
import Telemetry

/// `baton eval`: how well questions are given to agents and read for parameters, on questions whose
/// answers are known. It needs no cluster.
enum EvalCommand {
    private static let file = Argument(
        "FILE", .file, "Labelled questions, one JSON object a line; - is standard input")
    private static let agents = Option(
        "agents", .file, "FILE", "The agents; without it agents.yaml beside the questions")
    private static let rules = Option(
        "rules", .file, "FILE", "Rules of routing; without it rules.yaml beside the agents, if any")
    private static let atLeast = Option(
        "at-least", .number(0...100), "PERCENT",
        "Exit with 1 where fewer questions have exactly the agents expected")

    static let command = Command(
        "eval", "Measures routing and parameters on questions with known answers",
        discussion: """
            Each line of FILE is a question and what is right: {"query": "…", "agents": ["cost"], \
            "parameters": {"cost": {"hours": 3}}}. The value {"any": true} is not judged. No \
            model and no cluster is asked. It prints how many questions were given to exactly \
            the right agents, precision and recall of each, who was taken for whom, how many \
            parameters were read exactly, how well the confidence holds, and each failure with \
            its reasons.
            """,
        examples: [
            Example("baton eval questions.jsonl", "With agents.yaml beside it"),
            Example(
                "baton eval questions.jsonl --agents agents.yaml --rules rules.yaml",
                "With rules of routing"),
            Example(
                "baton eval questions.jsonl --at-least 90", "For a build that must not get worse"),
            Example("baton eval questions.jsonl --json | jq .accuracy", "For programs"),
        ],
        arguments: [file], options: [agents, rules, atLeast]
    ) { invocation in
        let evaluation = try evaluation(invocation)
        let output = invocation.console.output
        if invocation.wantsJSON {
            try output.json(evaluation.value)
        } else {
            try EvaluationReport(evaluation).print(to: output)
        }
        guard let least = invocation.number(atLeast) else { return .ok }
        return evaluation.accuracy * 100 + 1e-9 >= Double(least) ? .ok : .failed
    }

    private static let limit = 1 << 24

    private static func evaluation(_ invocation: Invocation) throws -> Evaluation {
        let console = invocation.console
        let path = try invocation.required(file)
        let isInput = path == "-"
        let folder = isInput ? console.path(".") : File.parent(of: console.path(path))
        let bytes =
            isInput ? try console.input(limit) : try File.read(console.path(path), limit: limit)
        let agentsPath = invocation.text(agents).map(console.path) ?? "\(folder)/agents.yaml"
        guard invocation.text(agents) != nil || File.exists(agentsPath) else {
            throw Fault(
                Exit.noInput, "There is no agents.yaml beside the questions; say --agents FILE.")
        }
        return try asConfiguration {
            let profiles = try AgentProfile.read(
                try File.read(agentsPath, limit: limit), source: agentsPath)
            let beside = "\(File.parent(of: agentsPath))/rules.yaml"
            let rulesPath =
                invocation.text(rules).map(console.path) ?? (File.exists(beside) ? beside : nil)
            let rules = try rulesPath.map { path in
                try RoutingRules.read(try File.read(path, limit: limit), source: path)
            }
            let router = try Router(profiles, rules: rules ?? RoutingRules())
            let questions = try LabelledQuery.read(
                bytes, source: isInput ? "standard input" : path)
            return try Evaluation(questions, router: router)
        }
    }

    /// What is wrong in a file is a wrong configuration, not a fault of the program.
    private static func asConfiguration<Made>(_ body: () throws -> Made) throws -> Made {
        do {
            return try body()
        } catch let fault as Fault where !(fault.code is Exit) {
            throw Fault(Exit.configuration, fault.message, at: fault.place)
        }
    }
}
