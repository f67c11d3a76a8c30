import Document
import TestKit
import Testing

extension Integration {
    /// The agents `http` and `openapi` against stand-ins for the services that the conformance kit
    /// calls, over real TLS.
    @Suite(.serialized, .enabled(if: CommandLineCluster.isBuilt)) struct ToolboxWebTests {
        private static let stub = "\(Products.root)/Tests/Conformance/stub/serve"

        /// A cluster whose toolbox is sent to the stand-ins, which end with the test.
        private func withCluster(_ body: (CommandLineCluster) throws -> Void) throws {
            let cluster = try CommandLineCluster(nil)
            defer { _ = cluster.run("kill $(cat stub.pid)") }
            let started = cluster.run(
                "'\(Self.stub)' stub > stub.log 2>&1 & echo $! > stub.pid; "
                    + "for i in $(seq 200); do [ -f stub/ports.json ] && break; sleep 0.05; done; "
                    + "cat stub/options")
            let words = started.split(separator: " ").map { word in
                word.hasSuffix("\n") ? word.dropLast() : word
            }
            let command = (["baton-toolbox"] + words).map { "\"\($0)\"" }.joined(separator: ", ")
            try cluster.folder.write(
                "workers: [{name: t, command: [\(command)]}]", to: "baton.yaml")
            #expect(cluster.run("$B up --detach --store memory >/dev/null 2>&1; echo $?") == "0\n")
            #expect(cluster.awaitAgent("http"))
            try body(cluster)
        }

        @Test("answers the calls of the conformance kit")
        func kit() throws {
            try withCluster { cluster in
                func call(_ agent: String, _ json: String) -> String {
                    cluster.run("$B call \(agent) '\(json)'")
                }
                let store = "https://petstore.swagger.io/v2"
                let found = try JSON.parse(
                    call(
                        "http",
                        #"{"method": "get", "endpoint": "\#(store)/pet/findByStatus","#
                            + #" "query": {"status": "available"}}"#
                    ))
                #expect(found[0]?["name"] == "Milou")
                let pet = try JSON.parse(
                    call(
                        "openapi",
                        #"{"document": {"endpoint": "\#(store)/swagger.json"},"#
                            + #" "output": "response", "operationId": "getPetById","#
                            + #" "parameters": {"petId": 1}}"#
                    ))
                #expect(pet["statusCode"] == 200)
                #expect(pet["content"]?["status"] == "available")
                #expect(pet["request"]?["uri"]?.string == "\(store)/pet/1")
                let login = call(
                    "http",
                    #"{"method": "get", "endpoint": {"uri": "https://httpbin.org/basic-auth/u/p","#
                        + #" "authentication": {"basic": {"username": "u", "password": "p"}}}}"#
                )
                #expect(login.contains(#""authenticated":true"#))
                let missing = call(
                    "http", #"{"method": "get", "endpoint": "\#(store)/pet/getPetByName/Milou"}"#)
                #expect(missing.contains("404 Not Found"))
                #expect(missing.contains("(problem)"))
            }
        }

        @Test("B69 asks no inner address, not by a name and not by a redirect")
        func guarding() throws {
            try withCluster { cluster in
                for endpoint in [
                    "http://169.254.169.254/", "http://127.0.0.1:1/", "http://localhost/",
                    "http://127.1/", "http://[::ffff:10.0.0.1]/",
                    "https://httpbin.org/redirect-to?url=http%3A%2F%2F169.254.169.254%2F",
                    "https://httpbin.org/redirect-to?url=http%3A%2F%2Flocalhost%3A22%2F",
                ] {
                    let answer = cluster.run(
                        "$B call http '{\"method\": \"get\", \"endpoint\": \"\(endpoint)\","
                            + " \"redirect\": true}'")
                    #expect(answer.contains("must not be asked"), "\(endpoint): \(answer)")
                }
            }
        }
    }
}
