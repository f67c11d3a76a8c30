import Bus
import Document
import Reactor
import Telemetry
import Wire
import WorkerKit

/// Listens to one request on the tap while its answer is waited for: tells of each task that
/// completes, and asks whoever sits at the terminal what the request asks people.
struct AskListening: Sendable {
    let request: String
    let live: LiveProgress
    let invocation: Invocation

    private enum News: Sendable {
        case done(String)
        case asked(String)
    }

    /// How long the taps are given to hear that somebody listens.
    private static let beginning = Duration.milliseconds(200)

    /// Listens until it is cancelled.
    ///
    /// - Parameter ready: is called when nothing of the request can be missed any more.
    func run(ready: @escaping @Sendable () -> Void) async throws {
        defer { ready() }
        let places = try await TapPlace.all(invocation)
        let (news, queue) = AsyncStream.makeStream(
            of: News.self, bufferingPolicy: .bufferingOldest(1_000))
        let ears = try TapEars(
            places, topics: [TapTopic.request(request)], on: invocation.console.loop,
            handler: TapEars.Handler(
                heard: { event, _ in
                    // A topic is a beginning: another request's id may go on where ours ends.
                    guard event.topic == TapTopic.request(request),
                        let news = Self.news(of: event.content)
                    else { return }
                    queue.yield(news)
                },
                told: { _ in }, lost: { _, _ in }, refused: { _ in queue.finish() }))
        defer { ears.close() }
        try await invocation.console.loop.sleep(for: Self.beginning)
        ready()
        for await one in news {
            switch one {
            case .done(let task): tell(task)
            case .asked(let id):
                try await Contact.with(invocation, within: .seconds(10)) { client in
                    try await ask(id, client)
                }
            }
        }
    }

    // MARK: - Steps

    private static func news(of content: [UInt8]) -> News? {
        guard let event = try? JSON.parse(content), let type = event["type"]?.string,
            let data = event["data"]
        else { return nil }
        switch type {
        case "io.serverlessworkflow.task.completed.v1":
            return data["task"]?.string.map { .done($0) }
        case "com.baton.human.asked.v1": return data["human"]?.string.map { .asked($0) }
        default: return nil
        }
    }

    private func tell(_ task: String) {
        let name = task.split(separator: "/").last.map(String.init) ?? task
        live.clear()
        try? invocation.console.errors.line("\("✓", .green) \(name)")
    }

    private func ask(_ id: String, _ client: Client) async throws {
        let prompt = Prompt(console: invocation.console)
        guard prompt.isThere,
            let task = try? await client.ask("person", ["id": .string(id)]),
            task["state"] == "open"
        else { return }
        live.pause(true)
        defer { live.pause(false) }
        let errors = invocation.console.errors
        guard let said = try await PersonInterview(task: task, prompt: prompt).answer() else {
            return try errors.line(
                "It waits for somebody else; answer later with: baton approve \(id)")
        }
        do {
            _ = try await client.ask(
                "answer",
                [
                    "id": .string(id), "answer": said, "arguments": task["arguments"] ?? .null,
                ])
        } catch let fault as Fault {
            try errors.line(Text(Complaint.sentence(fault), .red))
            guard fault.has(WireCode.invalid) else { return }
            try await ask(id, client)
        }
    }
}
