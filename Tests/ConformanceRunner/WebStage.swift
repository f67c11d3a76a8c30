import Document
import Reactor
import Telemetry
import TestKit
import WorkerKit

/// A cluster with the toolbox, and with what stands in for the services of the web that workflows
/// of the specification call.
struct WebStage {
    private let cluster: Cluster
    private let loop: EventLoop

    init(_ products: String, on loop: EventLoop) throws {
        self.loop = loop
        cluster = try Cluster(products: products, on: loop)
    }

    func play(secrets: ObjectValue, _ body: (Cluster) async throws -> Void) async throws {
        let played: Result<Void, any Error>
        do {
            try await cluster.start(secrets: secrets)
            try await startServices()
            played = .success(try await body(cluster))
        } catch {
            played = .failure(error)
        }
        try await cluster.stop()
        try played.get()
    }

    private func startServices() async throws {
        let folder = cluster.folder.file("stub")
        let stub = "\(Products.root)/Tests/Conformance/stub/serve"
        try await cluster.start([stub, folder], log: "stub.log")
        try await until("stub") {
            FileTree.kind(of: "\(folder)/ports.json") != nil
        }
        let options = try FileTree.text(of: "\(folder)/options")
        let words = options.split { $0 == " " || $0 == "\n" }.map(String.init)
        try await cluster.startWorker("baton-toolbox", ["--agents", "http,openapi"] + words)
        let client = try await cluster.client("ctk-look")
        try await until("baton-toolbox") {
            let names = try await client.ask("agents").array ?? []
            return names.contains { $0["agent"] == "openapi" }
        }
        await client.close()
    }

    /// Other programs do not say when they are ready: it is looked for.
    private func until(_ program: String, _ isThere: () async throws -> Bool) async throws {
        let end = loop.now + .seconds(20)
        while try await !isThere() {
            guard loop.now < end else {
                throw Fault(
                    RunnerCode.cluster,
                    "\(program) does not come up: \(await cluster.log("\(program).log"))")
            }
            try await loop.sleep(for: .milliseconds(20))
        }
    }
}
