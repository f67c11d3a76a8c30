import Document
import Orchestration
import Telemetry
import Wire
import WorkerKit

/// Has a run go on from the middle of another one through the cluster, and waits for what comes of
/// it.
enum RunForking {
    /// The ids that are tried where none was given.
    private static let mostNames = 1_000

    /// - Parameter text: what it is to run by, where that is another text.
    static func run(
        _ fork: RunForkPlan, text: String?, id: String?, _ invocation: Invocation
    ) async throws -> Exit {
        let console = invocation.console
        let limit = invocation.duration(CommonOptions.timeout) ?? .seconds(30)
        let (plan, receiver, name) = try await prepared(fork, text, id, limit, invocation)
        try console.errors.line(
            "\(name, .bold) goes on from \(fork.run.id, .bold) at \(fork.stepName)")
        var request = CallRequest(agent: receiver, content: RawContent(json: fork.content))
        request.setTimeout(limit)
        request.requestID = name
        request.headers[RunFork.header] = fork.run.id
        let live = LiveProgress(console, waitingFor: name)
        let printer = AnswerPrinter(
            console, live, wantsJSON: invocation.wantsJSON, showsPartials: false)
        let answer = try await Asking.ask(request, plan, live, console, onNews: printer.news)
        try printer.result(answer.answer, after: answer.time)
        return .ok
    }

    /// An orchestrator that knows the text, how it names it, and an id that is free.
    private static func prepared(
        _ fork: RunForkPlan, _ text: String?, _ id: String?, _ limit: Duration,
        _ invocation: Invocation
    ) async throws -> (plan: Session.Plan, receiver: String, id: String) {
        var details: ObjectValue = ["id": .string(fork.run.id)]
        if let text { details["text"] = .string(text) }
        let question = details
        var unknown: Fault?
        for (_, plan) in try Contact.address(invocation).plans() {
            do {
                return try await Contact.with(plan, on: invocation.console.loop, within: limit) {
                    let name = try await freeName(id, fork.run.id, $0, limit)
                    let answer = try await $0.ask("fork", question, timeout: limit)
                    return (plan, answer["receiver"]?.string ?? "", name)
                }
            } catch let fault as Fault
                where fault.has(WireCode.notFound) || fault.has(Exit.unavailable)
            {
                unknown = unknown ?? fault
            }
        }
        throw unknown ?? Fault(Exit.unavailable, "No orchestrator is there to be asked.")
    }

    private static func freeName(
        _ id: String?, _ origin: String, _ client: Client, _ limit: Duration
    ) async throws -> String {
        if let id {
            guard try await isFree(id, client, limit) else {
                throw Fault(Exit.usage, "There is a request \(id) already; give another --id.")
            }
            return id
        }
        for number in 1...mostNames {
            let name = "\(origin.prefix(Name.limit - 10)).fork-\(number)"
            if try await isFree(name, client, limit) { return name }
        }
        throw Fault(Exit.usage, "\(origin) has \(mostNames) forks; give an --id.")
    }

    private static func isFree(
        _ id: String, _ client: Client, _ limit: Duration
    ) async throws -> Bool {
        do {
            _ = try await client.ask("request", ["id": .string(id)], timeout: limit)
            return false
        } catch let fault as Fault where fault.has(WireCode.notFound) {
            return true
        }
    }
}
