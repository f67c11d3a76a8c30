import Bus
import Telemetry
import Testing
import Wire

@testable import WorkerKit

/// What a worker reads from its arguments and its environment.
@Suite struct WorkerArgumentsTests {
    @Test("arguments count more than the environment, in both spellings")
    func precedence() throws {
        let arguments = try WorkerArguments(
            ["--bus", "tcp://a:1", "--capacity=3", "--agents", "x,y", "--grace", "0.5"],
            environment: ["BATON_BUS": "tcp://b:2", "BATON_NAME": "n", "BATON_LOG": "debug"])
        let configuration = arguments.configuration
        #expect(configuration.bus == "tcp://a:1")
        #expect(configuration.capacity == 3)
        #expect(configuration.agents == ["x", "y"])
        #expect(configuration.name == "n")
        #expect(configuration.grace == .milliseconds(500))
        #expect(configuration.logLevel == .debug)
    }

    @Test(
        "words ask for something else than work",
        arguments: [
            ("--help", WorkerArguments.Request.help), ("-h", .help), ("--version", .version),
            ("--describe", .describe),
        ])
    func words(_ word: String, _ request: WorkerArguments.Request) throws {
        #expect(try WorkerArguments([word], environment: [:]).request == request)
    }

    @Test(
        "what cannot be understood is named, with the nearest name",
        arguments: [
            (["--capcity", "3"], "did you mean \"--capacity\"?"),
            (["--bus"], "--bus needs a value"), (["--capacity", "many"], "not a number"),
            (["--capacity", "0"], "not a number"), (["--name", "A B"], "a name has"),
            (["--log-level", "warnin"], "did you mean \"warning\"?"),
            (["--grace", "-1"], "not a number of seconds"), (["stray"], "unknown option stray"),
        ])
    func misuse(_ arguments: [String], _ phrase: String) {
        let misuse = #expect(throws: WorkerArguments.Misuse.self) {
            try WorkerArguments(arguments, environment: [:])
        }
        #expect(misuse?.message.contains(phrase) == true)
    }

    @Test("a variable that cannot be understood is named")
    func variable() {
        let misuse = #expect(throws: WorkerArguments.Misuse.self) {
            try WorkerArguments([], environment: ["BATON_CAPACITY": "x"])
        }
        #expect(misuse?.message.hasPrefix("BATON_CAPACITY") == true)
    }

    @Test(
        "each way to fail has its exit code",
        arguments: [
            (Fault(WorkerCode.noBus, ""), 69), (Fault(WorkerCode.watchdog, ""), 70),
            (Fault(BusCode.keyRefused, ""), 77), (Fault(BusCode.keyFile, ""), 77),
            (Fault(WorkerCode.configuration, ""), 78), (Fault(WireCode.identity, ""), 78),
            (Fault(WireCode.internal, ""), 1),
        ] as [(Fault, Int32)])
    func exitCodes(_ fault: Fault, _ code: Int32) {
        #expect(Worker.exitCode(fault) == code)
    }

    @Test(
        "the cluster's file leads to its orchestrators, by the local socket only where that exists")
    func clusterFile() throws {
        let text = """
            {"version":1,"orchestrators":[{"name":"o1","bus":"tcp://127.0.0.1:7400","broadcast":"",
            "tap":"","socket":"ipc:///nowhere/at.all","key":null}]}
            """
        let cluster = try ClusterFile.parse(Array(text.utf8), at: "cluster.json")
        let expected = try ClientEndpoint("tcp://127.0.0.1:7400")
        #expect(try cluster.endpoints() == [expected])
    }

    @Test(
        "a cluster's file that is damaged says so",
        arguments: ["", "{}", "[]", #"{"version":2,"orchestrators":[]}"#])
    func badClusterFile(_ text: String) {
        #expect(throws: Fault.self) { try ClusterFile.parse(Array(text.utf8), at: "f") }
    }
}
