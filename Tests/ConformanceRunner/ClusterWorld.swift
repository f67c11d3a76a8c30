import Bus
import Conformance
import Document
import Reactor
import Synchronization
import Telemetry
import WorkerKit

/// A world in which scenarios run on a cluster: an orchestrator that is a process of its own, and
/// agents that answer by the script over its bus. Time is real there.
struct ClusterWorld: World, Sendable {
    let products: String
    let loop: EventLoop
    /// A cluster that is there already; nil: each scenario has its own.
    var shared: Cluster?
    /// After this long a run is told as still running.
    var patience = Duration.seconds(20)
    /// How late things may come while many scenarios share a machine.
    private static let slack = Duration.seconds(2)

    init(_ products: String, on loop: EventLoop, shared: Cluster? = nil) {
        self.products = products
        self.loop = loop
        self.shared = shared
    }

    func play(_ script: Script) async throws(Fault) -> Story {
        do {
            guard shared == nil else { return try await play(script, on: shared) }
            let cluster = try Cluster(products: products, on: loop)
            let played: Result<Story, any Error>
            do {
                try await cluster.start(secrets: script.secrets)
                played = .success(try await play(script, on: cluster))
            } catch {
                played = .failure(error)
            }
            try await cluster.stop()
            return try played.get()
        } catch let fault as Fault {
            throw fault
        } catch {
            throw Fault(RunnerCode.cluster, "\(error)")
        }
    }

    // MARK: - Steps

    private func play(_ script: Script, on cluster: Cluster?) async throws -> Story {
        guard let cluster else { return Story() }
        let cast = Cast(script, on: loop)
        let crew = Crew(on: loop)
        var story = Story()
        do throws(Fault) {
            for worker in cast.workers() { try await crew.hire(worker, cluster) }
            story = try await run(script, cast, cluster)
        } catch {
            if error.has(WireCode.invalid) || error.code.rawValue == "configuration" {
                story.end = .refused(error.description)
            } else {
                await crew.dismiss()
                throw error
            }
        }
        await crew.dismiss()
        return story
    }

    private func run(
        _ script: Script, _ cast: Cast, _ cluster: Cluster
    ) async throws(Fault) -> Story {
        do {
            let run = try await ClusterRun(script, on: cluster)
            var story = try await run.play(within: patience)
            _ = await cast.settle(.seconds(2), on: loop)
            story.calls = cast.calls
            story.slack = Self.slack
            return story
        } catch let fault as Fault {
            throw fault
        } catch {
            throw Fault(RunnerCode.cluster, "\(error)")
        }
    }
}

extension Cast {
    /// Waits until nobody works any more.
    func settle(_ patience: Duration, on loop: EventLoop) async -> Bool {
        let end = loop.now + patience
        while !isIdle, loop.now < end, !Task.isCancelled {
            try? await loop.sleep(for: .milliseconds(10))
        }
        return isIdle
    }
}
