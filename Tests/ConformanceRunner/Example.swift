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

    /// What Baton leaves out; only the word may be the reason that an example is refused for.
    private static let leftOut = ["container", "script", "grpc", "asyncapi"]
    /// Examples read what nobody gives them: a little of everything.
    private static let input: Value = [
        "petId": 1, "orderId": 7, "id": 1, "name": "Milou", "status": "available", "input": "text",
        "pets": [["name": "Milou", "id": 1]], "order": ["id": 7],
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
        script.input = Self.input
        for agent in definition.called.subtracting(["http", "openapi"]).union(["command"]) {
            guard (try? Name.check(agent, "agent")) != nil else { continue }
            script.agents[agent] = [Script.Reply(.echo)]
        }
        var world = ClusterWorld("", on: cluster.loop, shared: cluster)
        world.patience = .milliseconds(1500)
        do throws(Fault) {
            let story = try await world.play(script)
            return verdict(story)
        } catch {
            return ("failed: \(error)", .failed(["\(error)"]))
        }
    }

    private func verdict(_ story: Story) -> (String, Report.Verdict) {
        switch story.end {
        case .completed(let output): return ("completed: \(Self.short(output))", .passed)
        case .faulted(let error): return ("faulted: \(Self.short(error))", .passed)
        case .cancelled: return ("cancelled", .failed(["nobody cancelled it"]))
        case .running:
            let task = story.changes.last { $0.phase == "started" }?.reference ?? "its start"
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
