import Conformance
import Document
import Reactor
import Telemetry
import WorkerKit

/// One run of a scenario's workflow on a cluster, and what comes to it from outside meanwhile.
struct ClusterRun {
    private let script: Script
    private let loop: EventLoop
    private let id: String
    private let client: Client
    private let listener: RunListener

    init(_ script: Script, on cluster: Cluster) async throws {
        self.script = script
        loop = cluster.loop
        id = "ctk-\(cluster.loop.now.nanoseconds)"
        client = try await cluster.client(id)
        listener = RunListener(id, on: loop)
        guard try await listener.open(cluster.tap) else {
            throw Fault(RunnerCode.cluster, "the tap tells nothing")
        }
    }

    /// Plays it; what has not ended by then is told as still running.
    func play(within patience: Duration) async throws(Fault) -> Story {
        let gate = Gate(loop)
        let began = loop.now
        let run = Task(executorPreference: loop) {
            let end = await self.end()
            let duration = self.loop.now - began
            gate.open()
            return (end, duration)
        }
        let others = script.happenings.map { happening in
            Task(executorPreference: loop) {
                try await self.loop.sleep(until: began + happening.after)
                if case .cancelled = happening.what { return run.cancel() }
                try await self.tell(happening.what)
            }
        }
        let hasEnded = await gate.wait(patience)
        for other in others { other.cancel() }
        let isTold = hasEnded ? await listener.end(.seconds(3)) : true
        run.cancel()
        for other in others { try Self.check(await other.result) }
        let (end, duration) = await run.value
        var story = Story()
        story.end = hasEnded ? end : .running
        story.duration = duration
        story.changes = await listener.changes
        story.emitted = await listener.emitted
        await listener.close()
        await client.close()
        guard isTold else {
            throw Fault(RunnerCode.cluster, "the tap did not tell how the run ended: \(end)")
        }
        return story
    }

    // MARK: - Steps

    /// What could not be told to the orchestrator is a failure, unless the run was over.
    private static func check(_ result: Result<Void, any Error>) throws(Fault) {
        guard case .failure(let error) = result, !(error is CancellationError) else { return }
        if let fault = error as? Fault, fault.has(WireCode.cancelled) { return }
        throw Fault(RunnerCode.cluster, "what comes from outside was refused: \(error)")
    }

    private func end() async -> Story.End {
        do {
            let answer = try await client.call(
                Definition(script.definition).receiver, RawContent(json: script.input),
                timeout: .seconds(3600), options: .id(id))
            return .completed(answer.count == 0 ? .null : try answer.value())
        } catch let fault as Fault {
            if fault.has(WireCode.cancelled) { return .cancelled }
            if let problem = try? JSON.parse(fault.details) {
                return .faulted(problem)
            }
            return .faulted(["code": .string(fault.code.rawValue), "detail": .string("\(fault)")])
        } catch {
            return .cancelled
        }
    }

    private func tell(_ what: Script.Happening.What) async throws {
        switch what {
        case .event(let event): _ = try await client.ask("emit", ["event": event])
        case .suspended: _ = try await client.ask("suspend", ["id": .string(id)])
        case .resumed: _ = try await client.ask("resume", ["id": .string(id)])
        case .cancelled: break
        }
    }
}
