import Bus
import Conformance
import Document
import Reactor
import Wire

/// Hears from the tap of an orchestrator what becomes of one run: each change of its tasks, and the
/// events that it emits.
actor RunListener {
    nonisolated let loop: EventLoop
    private let id: String
    private var listener: TapListener?
    private let isHearing: Gate
    private let isOver: Gate
    private(set) var changes: [Story.Change] = []
    private(set) var emitted: [Value] = []
    /// What the run does at the moment that came from it.
    private(set) var isListening = false

    nonisolated var unownedExecutor: UnownedSerialExecutor {
        unsafe loop.asUnownedSerialExecutor()
    }

    init(_ id: String, on loop: EventLoop) {
        self.id = id
        self.loop = loop
        isHearing = Gate(loop)
        isOver = Gate(loop)
    }

    /// Begins to listen; says whether the orchestrator knows it now.
    func open(_ endpoint: ClientEndpoint) async throws -> Bool {
        listener = try TapListener(
            endpoint, topics: [TapTopic.request(id), TapTopic.tallies], key: nil,
            context: BusContext(), loop: loop,
            handler: TapListener.Handler(
                heard: { [unowned self] event in assumeIsolated { $0.hear(event) } }))
        return await isHearing.wait(.seconds(10))
    }

    /// Waits until the run has said that it is over.
    func end(_ patience: Duration) async -> Bool { await isOver.wait(patience) }

    func close() { listener?.close() }

    private func hear(_ event: TapEvent) {
        // With the first tally all subscriptions are there.
        if event.topic == TapTopic.tallies { return isHearing.open() }
        guard let envelope = try? Envelope(decoding: event.envelope), envelope.type == .event,
            envelope.requestID == id, let value = try? JSON.parse(event.content)
        else { return }
        let words = (value["type"]?.string ?? "").split(separator: ".").map(String.init)
        guard words.count == 5, words[..<2] == ["io", "serverlessworkflow"] else {
            return emitted.append(value)
        }
        if words[2] == "task" { note(words[3], value["data"] ?? .null) }
        let ends = ["completed", "faulted", "cancelled"]
        if words[2] == "workflow", ends.contains(words[3]) { isOver.open() }
        if words[3] == "correlation-started" { isListening = true }
        if words[3] == "correlation-completed" { isListening = false }
    }

    private func note(_ phase: String, _ data: Value) {
        let reference = data["task"]?.string ?? ""
        let name = reference.split(separator: "/").last.map(String.init) ?? ""
        changes.append(
            Story.Change(
                task: name, reference: reference, phase: phase,
                value: data["error"] ?? data["output"]))
    }
}
