/// A worker in Python: pyzmq, the code protoc makes from the wire contract, and nothing of ours.
extension Template {
    static func python(name: String, contract: String) -> Template {
        Template(
            pieces: [
                Piece(path: "worker.py", text: pythonProgram(name: name), isProgram: true),
                Piece(path: "agent_message.proto", text: contract),
                Piece(path: "requirements.txt", text: "protobuf\npyzmq\n"),
                Piece(
                    path: "baton.yaml",
                    text: """
                        workers:
                          - name: \(name)
                            command: [./worker.py]

                        """),
            ],
            steps: [
                "cd \(name)", "pip install -r requirements.txt",
                "protoc --python_out=. agent_message.proto", "baton up --detach",
                "baton call greet '{\"name\": \"world\"}'",
            ])
    }

    private static func pythonProgram(name: String) -> String {
        """
        #!/usr/bin/env python3
        \"""A worker in Python. Add a function to AGENTS and it can be called.\"""
        import json, os, signal, sys, uuid
        import zmq
        import agent_message_pb2 as wire  # protoc --python_out=. agent_message.proto

        def greet(content):
            return f"Hello, {content['name']}!"

        AGENTS = {"greet": greet}
        INSTANCE = os.environ.get("BATON_INSTANCE", "1")
        NAME = os.environ.get("BATON_NAME", "\(name)") + "." + INSTANCE
        SESSION, CAPACITY = uuid.uuid4().hex, int(os.environ.get("BATON_CAPACITY", "1"))

        def send(socket, kind, content=None, answers=None, **fields):
            envelope = wire.Envelope(version=1, type=kind, message_id=uuid.uuid4().hex, **fields)
            if answers is not None:  # what the orchestrator knows the task by
                envelope.correlation_id = answers.message_id
                for field in ("request_id", "step", "attempt", "fence", "dispatch"):
                    setattr(envelope, field, getattr(answers, field))
            body = b"" if content is None else json.dumps(content).encode()
            socket.send_multipart([envelope.SerializeToString(), body])

        def hello(socket):
            agents = [{"name": name, "version": "1.0.0"} for name in AGENTS]
            send(socket, wire.HELLO, {"role": "worker", "session": SESSION, "version": "1.0.0",
                                      "capacity": CAPACITY, "instance": INSTANCE, "agents": agents})

        def run(socket, task, content):
            if task.delivery == wire.DURABLE:
                send(socket, wire.ACCEPT, answers=task)
            try:
                result = AGENTS[task.receiver.split("#")[0]](json.loads(content or b"null"))
                send(socket, wire.RESULT, result, answers=task)
            except Exception as error:
                fault = wire.Error(code="failed", message=f"{type(error).__name__}: {error}")
                send(socket, wire.FAIL, answers=task, error=fault)

        def receive(socket, pieces):
            head, content = socket.recv_multipart()
            message = wire.Envelope.FromString(head)
            if message.type == wire.PART:  # content above 64 KiB: all pieces but the last
                pieces[message.message_id] = pieces.get(message.message_id, b"") + content
            elif message.type == wire.WELCOME:
                send(socket, wire.READY, credit=CAPACITY)
            elif message.type == wire.PING:
                send(socket, wire.PONG, answers=message)
            elif message.type == wire.TASK:
                run(socket, message, pieces.pop(message.message_id, b"") + content)
            elif message.type == wire.ERROR and message.error.code == "hello":
                hello(socket)  # the orchestrator was replaced by a new one

        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        poller, pieces = zmq.Poller(), {}
        for address in os.environ["BATON_BUS"].split(","):
            if address.startswith("ipc://"):  # over tcp:// set the CURVE keys of the socket first
                socket = zmq.Context.instance().socket(zmq.DEALER)
                socket.setsockopt(zmq.IDENTITY, NAME.encode())
                socket.setsockopt(zmq.LINGER, 1000)
                socket.connect(address)
                hello(socket)
                poller.register(socket, zmq.POLLIN)
        while True:
            for socket, _ in poller.poll():
                receive(socket, pieces)

        """
    }
}
