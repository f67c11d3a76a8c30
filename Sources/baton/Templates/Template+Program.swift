/// Workers of any language behind `baton worker`, and the first file of a workflow.
extension Template {
    static func program(name: String) -> Template {
        Template(
            pieces: [
                Piece(path: "agent.sh", text: script, isProgram: true),
                Piece(
                    path: "baton.yaml",
                    text: """
                        workers:
                          - name: \(name)
                            command: [baton, worker, --agent, greet, --, ./agent.sh]

                        """),
            ],
            steps: [
                "cd \(name)", "baton up --detach", "baton call greet '{\"name\": \"world\"}'",
            ])
    }

    private static let script = """
        #!/bin/sh
        # An agent that is a filter: one task a line comes in, one answer a line goes out.
        #   in   {"type": "task", "id": "…", "agent": "greet", "content": {"name": "world"}}
        #   out  {"id": "…", "result": "Hello, world!"}
        # Run it by hand: baton worker --agent greet -- ./agent.sh
        exec jq --unbuffered -c 'select(.type == "task")
            | {id, result: "Hello, \\(.content.name? // "nobody")!"}'

        """

    static func workflow(name: String) -> Template {
        Template(
            pieces: [
                Piece(
                    path: "workflows/\(name).yaml",
                    text: """
                        # Open Workflow Specification, DSL 1.0.3.
                        document:
                          dsl: 1.0.3
                          namespace: default
                          name: \(name)
                          version: 1.0.0
                        do:
                          - answer:
                              call: echo:1.0.0@default
                              with:
                                message: ${ .message }

                        """)
            ],
            steps: [
                "baton up -d", "baton workflows run \(name) '{\"message\": \"hello\"}'",
            ])
    }
}
