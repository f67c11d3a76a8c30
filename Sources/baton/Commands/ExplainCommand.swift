import Document
import Wire

/// `baton explain`: why a request was given to whom it was given.
enum ExplainCommand {
    private static let request = Argument(
        "REQUEST", .name, "A request's id, as baton notify and baton requests show it")

    static let command = Command(
        "explain", "Shows who was chosen for a request, and why nobody else",
        discussion: """
            Each attempt with the instances that could have had it: their score, what they had in \
            hand, whether they are left alone after failures, and why they were not taken.
            """,
        examples: [
            Example("baton explain order-17", "One block an attempt"),
            Example("baton explain order-17 --json | jq .steps", "As it came"),
        ],
        arguments: [request]
    ) { invocation in
        let id = try invocation.required(request)
        let told = try await Survey(questions: ["explain"], details: ["id": .string(id)])
            .first(invocation)
        let answer = await StepNames.added(to: told, of: id, invocation)
        let output = invocation.console.output
        if invocation.wantsJSON {
            try output.json(answer)
        } else {
            try output.lines(Explanation(answer).lines(width: output.terminal.tableWidth))
        }
        return .ok
    }
}
