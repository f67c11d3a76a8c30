import Document
import Telemetry
import Wire
import WorkerKit

/// What people decide about requests: told to one orchestrator after the other until one knows the
/// request, so that nothing is decided twice.
enum Decision {
    static func made(
        _ question: String, _ details: ObjectValue, _ invocation: Invocation
    ) async throws -> Value {
        let limit = invocation.duration(CommonOptions.timeout) ?? .seconds(30)
        var unknown: Fault?
        for (_, plan) in try Contact.address(invocation).plans() {
            do {
                return try await Contact.with(plan, on: invocation.console.loop, within: limit) {
                    try await $0.ask(question, details, timeout: limit)
                }
            } catch let fault as Fault where fault.has(WireCode.notFound) {
                unknown = fault
            } catch let fault as Fault where fault.has(Exit.unavailable) {
                unknown = unknown ?? fault
            }
        }
        throw unknown ?? Fault(Exit.unavailable, "No orchestrator is there to be asked.")
    }

    /// `order-17 is ready.`
    static func show(_ answers: [Value], _ invocation: Invocation) throws {
        let output = invocation.console.output
        if invocation.wantsJSON {
            guard answers.count == 1 else { return try output.json(.array(answers)) }
            return try output.json(answers[0])
        }
        try output.lines(
            answers.map { "\($0.shown("request"), .bold) is \($0.shown("state"))." })
    }
}
