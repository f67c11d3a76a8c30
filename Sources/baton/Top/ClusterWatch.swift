import Bus
import Document
import Reactor
import Synchronization
import Telemetry
import WorkerKit

/// Asks the orchestrators of a cluster for their figures again and again, over connections that
/// stay. One that does not answer is told as silent and tried again; one that comes is taken in.
struct ClusterWatch {
    private let invocation: Invocation
    private let agent: String?
    private let patience: Duration
    private var lines: [(name: String, line: OrchestratorLine)] = []
    private(set) var cluster = ""

    /// - Parameter patience: how long one that says nothing holds up the others.
    init(_ invocation: Invocation, agent: String?, patience: Duration) {
        self.invocation = invocation
        self.agent = agent
        self.patience = patience
    }

    /// What each of them says now; a fault if the cluster was never there.
    mutating func samples() async throws -> [OrchestratorSample] {
        let here = try whoIsHere()
        let all = await ask(here, on: invocation.console.loop)
        cluster = all.compactMap { $0.state["cluster"]?.string }.first ?? cluster
        return all
    }

    func close() async { for entry in lines { await entry.line.close() } }

    private func ask(_ here: Set<String>, on loop: EventLoop) async -> [OrchestratorSample] {
        let (agent, patience) = (agent, patience)
        return await withTaskGroup(of: (Int, OrchestratorSample).self) { group in
            for (index, entry) in lines.enumerated() {
                let (name, line, isHere) = (entry.name, entry.line, here.contains(entry.name))
                group.addTask {
                    guard isHere else {
                        await line.close()
                        return (index, OrchestratorSample(name: name, at: loop.now))
                    }
                    return (
                        index, await line.sample(name, agent: agent, on: loop, within: patience)
                    )
                }
            }
            var samples: [(Int, OrchestratorSample)] = []
            for await sample in group { samples.append(sample) }
            return samples.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }

    /// The names of those whose process may be there.
    private mutating func whoIsHere() throws -> Set<String> {
        let plans: [(name: String, plan: Session.Plan)]
        do {
            plans = try Contact.address(invocation).plans()
        } catch {
            // A cluster that has ended is one whose orchestrators are all gone.
            guard !lines.isEmpty else { throw error }
            return []
        }
        for entry in plans { take(entry.name, entry.plan) }
        return Set(plans.map(\.name))
    }

    private mutating func take(_ name: String, _ plan: Session.Plan) {
        guard let known = lines.firstIndex(where: { $0.name == name }) else {
            return lines.append((name, OrchestratorLine(plan)))
        }
        // One that was started anew may have other addresses.
        if !lines[known].line.leads(to: plan) { lines[known].line = OrchestratorLine(plan) }
    }
}

/// The connection to one orchestrator: made when it is needed, kept, given up when it fails.
final class OrchestratorLine: Sendable {
    private enum Limits {
        static let page = 500
        static let pages = 10
    }

    private let plan: Session.Plan
    private let client = Mutex<Client?>(nil)

    init(_ plan: Session.Plan) { self.plan = plan }

    func leads(to plan: Session.Plan) -> Bool {
        self.plan.endpoints.map(\.address) == plan.endpoints.map(\.address)
    }

    /// What it says within the time, or nothing but its name.
    func sample(
        _ name: String, agent: String?, on loop: EventLoop, within limit: Duration
    ) async -> OrchestratorSample {
        var sample = OrchestratorSample(name: name, at: loop.now)
        do {
            let client = try await connected(on: loop, within: limit)
            sample.stats = try await client.ask("stats", ["limit": 0], timeout: limit)
            sample.at = loop.now
            sample.state = try await client.ask("orchestrators", timeout: limit)
            sample.agents = try await rows("agents", agent, client, within: limit)
            sample.instances = try await rows("instances", agent, client, within: limit)
            sample.answers = true
        } catch {
            await close()
        }
        return sample
    }

    func close() async {
        let last = client.withLock { $0.take() }
        await last?.close()
    }

    private func connected(on loop: EventLoop, within limit: Duration) async throws -> Client {
        if let known = client.withLock({ $0 }) { return known }
        let new = try await Client.connect(plan, on: loop, timeout: limit)
        client.withLock { $0 = new }
        return new
    }

    /// A list in pieces that an answer has room for.
    private func rows(
        _ question: String, _ agent: String?, _ client: Client, within limit: Duration
    ) async throws -> [Value] {
        var rows: [Value] = []
        for _ in 0..<Limits.pages {
            var details: ObjectValue = ["limit": Value(Limits.page), "offset": Value(rows.count)]
            if let agent { details["agent"] = .string(agent) }
            let answer = try await client.ask(question, details, timeout: limit)
            let page = answer.array ?? []
            rows += page
            guard page.count == Limits.page else { break }
        }
        return rows
    }
}

/// What one orchestrator said at one moment.
struct OrchestratorSample: Sendable {
    var name: String
    var at: Instant
    var answers = false
    /// To the questions `stats`, `orchestrators`, `agents`, `instances`.
    var stats = Value.null
    var state = Value.null
    var agents: [Value] = []
    var instances: [Value] = []
}
