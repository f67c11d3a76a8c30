import Document

/// A workflow that does nothing but wait for events: what a schedule waits for.
extension Workflow {
    package init(listeningTo consumption: Consumption, _ read: Listen.ReadMode) {
        let listen = FlowTask(
            name: "on", reference: "/schedule/on", condition: nil, input: .none, output: .none,
            export: nil, timeout: nil, then: nil, metadata: nil,
            action: .listen(Listen(to: consumption, read: read, each: nil)), source: .null,
            extensions: [])
        self.init(
            document: About(
                dsl: "1.0.3", namespace: "baton", name: "schedule", version: "1.0.0", tags: [:]),
            input: .none, output: .none, timeout: nil, schedule: nil, evaluation: .strict,
            components: Components(), tasks: TaskList([listen]), source: .null, remarks: [])
    }
}

extension Schedule {
    /// In a few words.
    package var summary: String { Summary.of(self) }
}
