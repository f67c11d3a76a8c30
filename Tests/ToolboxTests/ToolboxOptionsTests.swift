import Testing
import WebClient

@testable import baton_toolbox

/// The toolbox's own options, taken out of those of every worker.
@Suite("The options of the toolbox") struct ToolboxOptionsTests {
    @Test("are taken from arguments and variables, and the rest is the worker's")
    func taken() throws {
        let options = try ToolboxOptions(
            [
                "--agents", "http", "--allow", "127.0.0.1:8080,10.0.0.0/8:*", "--connect=a:443=b:1",
                "--ca-file", "ca.pem", "--ports", "80", "--help",
            ], environment: ["BATON_ALLOW": "x.example", "BATON_COMMANDS": "c.yaml"])
        #expect(options.rest == ["--agents", "http", "--help"])
        #expect(options.web.guarding.allowed.count == 3)
        #expect(options.web.guarding.detours.count == 1)
        #expect(options.web.guarding.ports == [80])
        #expect(options.web.caFile == "ca.pem")
        #expect(options.commands == "c.yaml")
    }

    @Test(
        "that cannot be understood say how they are written",
        arguments: [["--allow"], ["--allow", "host:x"], ["--connect=a"], ["--ports", "0"]])
    func misused(arguments: [String]) {
        let misuse = #expect(throws: ToolboxOptions.Misuse.self) {
            try ToolboxOptions(arguments, environment: [:])
        }
        #expect(misuse?.message.hasPrefix("--") == true)
    }
}
