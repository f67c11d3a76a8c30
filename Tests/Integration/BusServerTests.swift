import Bus
import Document
import Glibc
import Orchestration
import TestKit
import Testing
import Wire

/// The bus as honest peers use it: tasks, deaths, the local socket.
extension Integration {
    @Suite struct BusServerTests {
        private func worker(_ address: String, _ name: String) throws -> RawSocket {
            let worker = try RawSocket(ZMQ.dealer, id: Array(name.utf8))
            try worker.connect(address)
            var hello = Hello(role: .worker, session: "s-\(name)")
            hello.agents = [AgentDescription(name: "cost")]
            worker.send(Envelope(.hello), try JSON.encode(hello))
            #expect(worker.receive()?.envelope.type == .welcome)
            return worker
        }

        private func request(_ client: RawSocket, _ id: String) {
            var request = Envelope(.request)
            request.messageID = id
            request.receiver = "cost"
            client.send(request, Array("{}".utf8))
        }

        private func client(_ address: String) throws -> RawSocket {
            let client = try RawSocket(ZMQ.dealer, id: Array("client".utf8))
            try client.connect(address)
            return client
        }

        @Test("a request travels to a worker and back, over tcp and over the local socket")
        func roundTrip() async throws {
            let folder = try TemporaryFolder()
            let path = folder.file("bus")
            try await BusBench(socket: path).run { address in
                var status = stat()
                #expect(unsafe stat(path, &status) == 0 && status.st_mode & 0o777 == 0o600)
                let worker = try worker(address.socket ?? "", "w.1")
                let client = try client(address.bus)
                request(client, "a")
                #expect(client.receive()?.envelope.type == .accepted)
                var result = try #require(worker.receive()?.envelope)
                #expect(result.type == .task && result.receiver == "cost#1")
                result.type = .result
                worker.send(result, Array("42".utf8))
                #expect(client.receive()?.content == Array("42".utf8))
                #expect(worker.receive()?.envelope.type == .resultAck)
            }
        }

        @Test("F1 a worker whose connection closes loses its task to another within its absence")
        func death() async throws {
            try await BusBench().run { address in
                var dying: RawSocket? = try worker(address.bus, "w.1")
                let client = try client(address.bus)
                request(client, "a")
                #expect(client.receive()?.envelope.type == .accepted)
                #expect(dying?.receive()?.envelope.type == .task)
                let other = try worker(address.bus, "w.2")
                dying = nil
                let task = try #require(other.receive()?.envelope)
                #expect(task.type == .task && task.attempt == 2)
                let states = client.ask("instances")?.array?.compactMap { $0["state"]?.string }
                #expect(states == ["absent", "busy"])
            }
        }

        @Test("a client that reconnects without a word is known again, and its loss noticed again")
        func reconnect() async throws {
            try await BusBench().run { address in
                for _ in 0..<20 {
                    let client = try client(address.bus)
                    #expect(client.ask("ping") == [])
                }
                #expect(try client(address.bus).ask("orchestrators")?["clients"]?.integer == 1)
            }
        }

        @Test("an orchestrator told to shut down answers first, then closes its doors")
        func shutdown() async throws {
            try await BusBench().run { address in
                let client = try client(address.bus)
                #expect(client.ask("shutdown")?["draining"]?.bool == true)
            }
        }

        @Test("an orchestrator that leaves tells everybody who waits")
        func drain() async throws {
            try await BusBench().run { address in
                let worker = try worker(address.bus, "w.1")
                let client = try client(address.bus)
                request(client, "a")
                #expect(client.receive()?.envelope.type == .accepted)
                #expect(worker.receive()?.envelope.type == .task)
                #expect(client.ask("shutdown") != nil)
                #expect(client.receive()?.envelope.error?.code == "unavailable")
                #expect(worker.receive()?.envelope.type == .cancel)
            }
        }
    }
}
