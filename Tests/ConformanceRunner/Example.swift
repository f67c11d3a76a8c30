import Conformance
import Document
import Flow
import Reactor
import Telemetry
import TestKit
import WorkerKit

/// One example of the specification: it is taken or refused as Baton says, and run.
struct Example: Sendable {
    let name: String
    private let text: String
    private let definition: Definition

    /// What Baton leaves out, as its refusals name it; nothing else may be a reason for one.
    private static let leftOut = [
        "container", "script", "grpc", "asyncapi", "a function is not fetched from a URI",
    ]
    /// Examples read what nobody gives them: a little of everything.
    private static let input: Value = [
        "petId": 1, "orderId": 7, "id": 1, "name": "Milou", "status": "available",
        "searchQuery": "luke", "token": "stub-token", "customer": ["age": 30], "bet": ["sum": 1],
        "pets": [["name": "Milou", "id": 1]], "order": ["id": 7], "user": ["name": "Ada"],
    ]
    /// Those that an event starts are given it.
    private static let event: Value = [
        [
            "specversion": "1.0", "id": "1", "source": "urn:ctk", "type": "started",
            "data": ["patient": ["id": 1, "name": "Ada", "vitals": ["bpm": 40]]],
        ]
    ]
    /// Whatever kind of secret it is that somebody asks for.
    private static let secret: Value = [
        "username": "ada", "password": "lovelace", "token": "stub-token",
        "authority": "http://keycloak/realms/fake-authority",
        "grant": "client_credentials", "client": ["id": "workflow", "secret": "s"],
        "endpoints": ["token": "/oauth2/token"],
    ]

    static func all(in folder: String, only: String) throws -> [Example] {
        let names = FileTree.files(below: folder).filter { $0.hasSuffix(".yaml") }.sorted()
        return try names.filter { only.isEmpty || $0.contains(only) }.map { name in
            let text = try FileTree.text(of: "\(folder)/\(name)")
            return Example(name: name, text: text, definition: Definition(text))
        }
    }

    static func secrets(of examples: [Example]) -> ObjectValue {
        var secrets: ObjectValue = [:]
        for example in examples {
            for name in example.definition.secrets { secrets[name] = secret }
        }
        return secrets
    }

    /// Brings it to the cluster and runs it; says what came of it.
    func play(on cluster: Cluster) async -> (words: String, verdict: Report.Verdict) {
        var script = Script()
        script.definition = text
        script.input = text.contains("$workflow.input[0]") ? Self.event : Self.input
        for name in definition.subordinates {
            script.workflows[name] = [Script.Reply(after: .zero, result: .echo)]
        }
        for agent in definition.called.subtracting(["http", "openapi"]).union(["command"]) {
            guard (try? Name.check(agent, "agent")) != nil else { continue }
            script.agents[agent] = [Script.Reply(after: .zero, result: .echo)]
        }
        var world = ClusterWorld("", on: cluster.loop, shared: cluster)
        // One that waits for somebody waits for ever.
        world.patience = rests.isEmpty ? .seconds(10) : .milliseconds(800)
        do throws(Fault) {
            let story = try await world.play(script)
            return verdict(story)
        } catch {
            return ("failed: \(error)", .failed(["\(error)"]))
        }
    }

    /// The tasks that wait for events or for time.
    private var rests: Set<String> { definition.tasks(with: ["listen", "wait"]) }

    private func verdict(_ story: Story) -> (String, Report.Verdict) {
        switch story.end {
        case .completed(let output): return ("completed: \(Self.short(output))", .passed)
        case .faulted(let error): return ("faulted: \(Self.short(error))", .passed)
        case .cancelled: return ("cancelled", .failed(["nobody cancelled it"]))
        case .running:
            let task = story.changes.last { $0.phase == "started" }?.task ?? ""
            guard rests.contains(task) else {
                return ("hangs at \(task)", .failed(["it hangs at \(task)"]))
            }
            return ("waits at \(task)", .passed)
        case .refused(let reason):
            let isMeant = Self.leftOut.contains { reason.contains($0) }
            return ("refused: \(reason)", isMeant ? .passed : .failed([reason]))
        }
    }

    private static func short(_ value: Value) -> String {
        let text = JSON.text(value)
        return text.count > 150 ? text.prefix(150) + " …" : text
    }
}
