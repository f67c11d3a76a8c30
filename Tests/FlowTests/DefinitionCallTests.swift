import Document
import Testing

@testable import Flow

/// What a task calls: the protocols of the language, functions of the file, and the catalog.
@Suite struct DefinitionCallTests {
    private func call(_ text: String, top: String = "") throws -> Call {
        guard case .call(let call) = try WorkflowText.task(text, top: top).action else {
            throw Invalid(problems: [])
        }
        return call
    }

    private func arguments(_ name: String, _ with: String, top: String = "") throws -> Template {
        let read = try call("call: \(name)\nwith: \(with)", top: top)
        guard case .protocol(_, let template) = read else { throw Invalid(problems: []) }
        return template
    }

    @Test("an http call is read; its endpoint is filled in, or an expression")
    func http() throws {
        let with = try arguments(
            "http",
            """
            {method: get, endpoint: 'https://h/{id}/x', headers: {A: 1, B: '${ .b }'},
              query: '${ .q }', body: {c: '${ .c }'}, output: response, redirect: true}
            """)
        #expect(with["method"]?.constant == "get")
        #expect(with["endpoint"]?.uriNames == ["id"])
        #expect(with["headers"]?["A"]?.constant == "1")
        #expect(with["headers"]?["B"]?.expression == " .b ")
        #expect(with["query"]?.expression == " .q ")
        #expect(with["body"]?["c"]?.expression == " .c ")
        #expect(with["output"]?.constant == "response")
        #expect(with["redirect"]?.constant == true)
        let other = try arguments("http", "{method: get, endpoint: '${ .u }'}")
        #expect(other["endpoint"]?.expression == " .u ")
        #expect(try arguments("http", "{method: get, endpoint: 'http://h/'}").constant != nil)
    }

    @Test("an openapi call is read")
    func openapi() throws {
        let with = try arguments(
            "openapi",
            """
            {document: {name: d, endpoint: 'https://h/{v}.json'}, operationId: find,
              parameters: {a: '${ .b }'}, output: raw, redirect: false}
            """)
        #expect(with["document"]?["endpoint"]?.uriNames == ["v"])
        #expect(with["parameters"]?["a"]?.expression == " .b ")
    }

    @Test("an a2a call and an mcp call are read")
    func agents() throws {
        let a2a = try arguments(
            "a2a", "{method: message/send, server: 'https://h/{x}', parameters: {message: {a: 1}}}")
        #expect(a2a["server"]?.uriNames == ["x"])
        let mcp = try arguments(
            "mcp",
            """
            {protocolVersion: '2025-06-18', method: tools/call, parameters: {name: '${ .n }'},
              timeout: PT10S, client: {name: c, version: 1}, transport: {http:
              {endpoint: 'https://h/', headers: {A: b}}}}
            """)
        #expect(mcp["parameters"]?["name"]?.expression == " .n ")
        #expect(mcp["client"]?["version"]?.constant == "1")
        _ = try arguments(
            "mcp", "{method: tools/list, transport: {stdio: {command: c, arguments: [1]}}}")
    }

    @Test(
        "calls without what they need are refused by line",
        arguments: [
            ("http", "{method: get}", "endpoint"), ("http", "{endpoint: 'http://h'}", "method"),
            ("openapi", "{operationId: a}", "document"),
            ("openapi", "{document: {endpoint: 'http://h'}}", "operationId"),
            ("a2a", "{method: message/send}", "server"), ("a2a", "{server: 'http://h'}", "method"),
            ("mcp", "{method: tools/list}", "transport"),
            ("mcp", "{method: tools/list, transport: {}}", "http and stdio"),
            ("mcp", "{method: tools/lost, transport: {stdio: {command: c}}}", "tools/list"),
            ("http", "{method: get, endpoint: 'http://h', output: all}", "content"),
        ])
    func needs(name: String, with: String, word: String) {
        let problems = WorkflowText.problems(
            tasks: "  - a:\n      call: \(name)\n      with: \(with)")
        #expect(problems.count == 1)
        #expect(problems.allSatisfy { $0.hasPrefix("9:") && $0.contains(word) }, "\(problems)")
    }

    @Test(
        "functions of the default catalog are built in, by bare name and by version",
        arguments: Call.builtins.sorted())
    func builtins(name: String) throws {
        for text in [name, "\(name):1.0.0@default", "\(name):=1.0.0@default"] {
            guard
                case .builtin(let read, let with) = try call("call: \(text)\nwith: {a: '${ .b }'}")
            else {
                Issue.record("\(text) is not built in")
                return
            }
            #expect(read == name)
            #expect(with["a"]?.expression == " .b ")
        }
    }

    @Test("agents are called by bare name, by version, and pinned to one")
    func registry() throws {
        func reference(_ text: String) throws -> AgentReference? {
            guard case .agent(let agent, let with) = try call("call: \(text)") else { return nil }
            #expect(with.constant == [:])
            return agent
        }
        #expect(
            try reference("cost")
                == AgentReference(name: "cost", version: nil, isPinned: false))
        #expect(
            try reference("cost:1.2.0@default")
                == AgentReference(name: "cost", version: "1.2.0", isPinned: false))
        #expect(
            try reference("cost:=1.2.0@default")
                == AgentReference(name: "cost", version: "1.2.0", isPinned: true))
    }

    @Test("a function of the file is called by its name, also where it is named like another")
    func functions() throws {
        let top = """
            use:
              functions:
                getPet: {call: http, with: {method: get, endpoint: 'http://h/{id}'}}
                route: {set: {x: 1}}
            """
        for name in ["getPet", "route"] {
            guard case .function(let read, _) = try call("call: \(name)\nwith: {id: 1}", top: top)
            else {
                Issue.record("\(name) is not the file's")
                return
            }
            #expect(read == name)
        }
        let workflow = try WorkflowText.read("  - a: {call: route}", top: top)
        #expect(workflow.components.functions["getPet"]?.reference == "/use/functions/getPet")
    }

    @Test(
        "what is left out is refused as configuration, by name and with what to do instead",
        arguments: [
            ("call: grpc\nwith: {}", "grpc"), ("call: asyncapi\nwith: {}", "asyncapi"),
            ("run: {container: {image: x}}", "container"),
            ("run: {script: {language: js, code: x}}", "script"),
            ("call: https://h/function.yaml", "URI"), ("call: log:1.0.0@global", "global"),
            ("call: agent:2.0.0@default", "1.0.0"),
            ("set: {x: 1}\ninput: {schema: {format: avro, document: {}}}", "avro"),
            ("set: {x: 1}\ninput: {schema: {resource: {endpoint: 'http://h'}}}", "document"),
        ])
    func leftOut(text: String, word: String) {
        let lines = text.split(separator: "\n").map { "      \($0)" }.joined(separator: "\n")
        let file = WorkflowText.file(
            "  - a:\n\(lines)", top: "use: {catalogs: {global: {endpoint: {uri: 'http://h'}}}}")
        #expect(WorkflowText.codes(file) == [.configuration])
        #expect(WorkflowText.problems(file).allSatisfy { $0.contains(word) })
    }

    @Test(
        "names that nothing has are refused, with what may have been meant",
        arguments: [
            ("getPett", "did you mean getPet?"), ("cost:1.0.0", "write cost:1.0.0@default"),
            ("cost:1.0@default", "semantic version"), ("cost:1.0.0@globl", "did you mean global?"),
            ("Cost:1.0.0@default", "no name of an agent"), ("'${ .agent }'", "call: agent"),
            ("cost@default", "cost:1.0.0@default"),
        ])
    func unknown(name: String, word: String) {
        let top = """
            use:
              catalogs: {global: {endpoint: 'http://h'}}
              functions: {getPet: {set: {x: 1}}}
            """
        let problems = WorkflowText.problems(tasks: "  - a: {call: \(name)}", top: top)
        #expect(problems.count == 1)
        #expect(problems.allSatisfy { $0.contains(word) }, "\(problems)")
    }

    @Test("an agent whose name is nearly that of a function is remarked on")
    func near() throws {
        let workflow = try WorkflowText.read("  - a: {call: htpp}")
        #expect(
            workflow.remarks.map(\.message) == ["htpp is taken for an agent; did you mean http?"])
    }
}
