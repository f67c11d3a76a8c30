import Document
import Telemetry
import Wire
import WorkerKit

/// `baton broadcast`: tells many at once, or asks them and shows who answered what.
enum BroadcastCommand {
    private static let receiver = Argument(
        "AGENT", .receiver, "All instances of an agent, '*' for every worker, or one each of a,b,c")
    private static let acknowledged = Option.flag(
        "acknowledged", short: "a", "Waits until each has done it, and shows who has")

    static let command = Command(
        "broadcast", "Tells or asks many at once",
        discussion: """
            To an agent or to '*' it is sent to each instance at most once, and nobody answers. \
            With --acknowledged, and always to several agents (a,b,c), what each answers is \
            gathered until all have or the time is up. The exit code is 1 when somebody failed.
            """,
        examples: [
            Example("baton broadcast echo '{\"reload\": true}'", "Every instance, at most once"),
            Example("baton broadcast echo 1 --acknowledged", "And who has done it"),
            Example("baton broadcast echo,sleep '{\"ms\": 10}'", "One instance of each agent"),
            Example("baton broadcast '*' '\"ping\"' -a --json", "Everybody, for programs"),
        ],
        arguments: [receiver, Asking.content],
        options: [acknowledged, Asking.priority, Asking.header]
    ) { invocation in
        let receiver = try invocation.required(receiver)
        let content = try Asking.content(invocation)
        let request: CallRequest
        if receiver.contains(",") {
            let agents = receiver.split(separator: ",").map(String.init)
            request = try .fanOut(agents, content)
        } else if invocation.flag(acknowledged) {
            request = try .acknowledged(receiver, content)
        } else {
            request = try .broadcast(receiver, content)
        }
        let console = invocation.console
        let live = LiveProgress(console, waitingFor: receiver)
        let answer = try await Asking.ask(
            Asking.prepare(request, invocation), Contact.address(invocation).plan(), live, console,
            onNews: live.news)
        return try show(answer.answer.content, gathers: request.gathers, invocation)
    }

    private static func show(
        _ content: RawContent, gathers: Bool, _ invocation: Invocation
    ) throws -> Exit {
        let output = invocation.console.output
        let gathering = gathers ? try Gathering(content) : nil
        if invocation.wantsJSON {
            try output.bytes(content.bytes + [UInt8(ascii: "\n")])
        } else if let gathering {
            try output.table(GatheringReport.table(gathering))
            try output.line(GatheringReport.sum(gathering))
        } else {
            let receipt = try BroadcastReceipt(content)
            let noun = receipt.instances == 1 ? "instance" : "instances"
            try output.line(
                "Sent to \(receipt.instances) \(noun) \("as number \(receipt.sequence)", .dim)")
        }
        return gathering?.answers.allSatisfy(\.success) == false ? .failed : .ok
    }
}
