import Document
import Reactor
import Telemetry
import TestKit
import Testing

@testable import Orchestration

/// What can be said in `baton.yaml`, and what is refused with its place.
@Suite struct ConfigurationTests {
    private func read(_ text: String) throws(Fault) -> Configuration {
        try Configuration(YAML.parse(Array(text.utf8), source: "baton.yaml"))
    }

    private func refusal(_ text: String) -> String {
        do throws(Fault) {
            _ = try read(text)
            return "taken"
        } catch {
            return error.description
        }
    }

    @Test("what a file does not name keeps its default")
    func defaults() throws {
        for text in ["", "# nothing\n", "limits:\n  waiting: 7\n"] {
            let configuration = try read(text)
            #expect(configuration.limits.inFlight == 10_000)
            #expect(configuration.delays == Delays())
        }
        #expect(try read("limits:\n  waiting: 7\n").limits.waiting == 7)
    }

    @Test("every limit and every delay can be set, and is shown as it can be written")
    func roundTrip() throws {
        let limits = Mirror(reflecting: Limits()).children.count
        let delays = Mirror(reflecting: Delays()).children.count
        #expect(Setting.all.count { $0.section == "limits" } == limits)
        #expect(Setting.all.count { $0.section == "delays" } == delays)
        for setting in Setting.all {
            let shown = setting.show(Configuration())
            let text = "\(setting.section):\n  \(setting.key): \(shown)\n"
            let again = try read(text)
            #expect(again.limits == Limits() && again.delays == Delays())
            #expect(!setting.meaning.isEmpty)
        }
    }

    @Test("security 36 private data, a stranger's words and a way out need a person between them")
    func powers() throws {
        let all = "private_data: true, untrusted_content: true, outbound: true"
        #expect(refusal("agents: {mail: {\(all)}}").contains("it needs approve: human"))
        #expect(refusal("agents: {mail: {\(all), approve: often}}").contains("approve: human"))
        let read = try read("agents: {mail: {\(all), approve: human}}")
        #expect(read.policies.named["mail"]?.needsApproval == true)
        let shown = read.agentSettings.map { "\($0.name)=\($0.value)" }
        #expect(shown.contains("agents.mail.approve=human"))
        #expect(shown.contains("agents.mail.outbound=true"))
        let two = "private_data: true, untrusted_content: true, outbound: false"
        #expect(try self.read("agents: {mail: {\(two)}}").policies.named["mail"] != nil)
    }

    @Test("X-04 every policy can be set for all agents, and is shown as it can be written")
    func policies() throws {
        let text = """
            balancing: {algorithm: power_of_two, load_scale: 100}
            breaker:
              enabled: false
              failure_threshold: 7
              recovery_timeout: 5s
              counting: cumulative
              half_open_probes: 2
            retries: {limit: 0, backoff: fixed, delay: 5ms, longest: 1s, budget: 0.25}
            hedging: {enabled: false, least: 1ms, budget: 0.5}
            """
        let policy = try read(text).policies.common
        #expect(policy.balancing.algorithm == .powerOfTwo && policy.balancing.loadScale == 100)
        #expect(!policy.breaker.enabled && policy.breaker.failureThreshold == 7)
        #expect(policy.breaker.recoveryTimeout == .seconds(5) && policy.breaker.halfOpenProbes == 2)
        #expect(policy.breaker.counting == .cumulative && policy.retries.limit == 0)
        #expect(policy.retries.backoff == .fixed && policy.retries.delay == .milliseconds(5))
        #expect(policy.retries.longest == .seconds(1) && policy.retries.budget == 0.25)
        #expect(!policy.hedging.enabled && policy.hedging.least == .milliseconds(1))
        #expect(policy.hedging.budget == 0.5)
        for setting in Setting.all {
            let again = try read(
                "\(setting.section):\n  \(setting.key): \(setting.show(Configuration()))\n")
            #expect(again.policies == Policies())
        }
    }

    @Test("S2-77 S2-85 S2-86 the defaults are the seed's")
    func seedDefaults() {
        let policy = Configuration().policy(for: "any")
        #expect(policy.balancing.algorithm.rawValue == "weighted_round_robin")
        #expect(policy.breaker.enabled && policy.breaker.failureThreshold == 5)
        #expect(policy.breaker.recoveryTimeout == .seconds(60))
        #expect(policy.breaker.counting == .consecutive && policy.breaker.halfOpenProbes == 1)
    }

    @Test("an agent has what it names, and all else from all, in whatever order they stand")
    func agentPolicies() throws {
        let text = """
            agents:
              cost:
                timeout: 30s
                concurrency: 8
                queue: 16
                fallback: [sum, other]
                algorithm: weighted
                retries: {limit: 1}
                breaker: {failure_threshold: 2}
                hedging: {enabled: false}
            retries: {delay: 7ms}
            """
        let configuration = try read(text)
        let policy = configuration.policy(for: "cost")
        #expect(policy.timeout == .seconds(30) && policy.concurrency == 8 && policy.queue == 16)
        #expect(policy.fallback == ["sum", "other"] && policy.balancing.algorithm == .weighted)
        #expect(policy.retries.limit == 1 && policy.retries.delay == .milliseconds(7))
        #expect(policy.breaker.failureThreshold == 2 && !policy.hedging.enabled)
        #expect(
            configuration.agentSettings.map { "\($0.name)=\($0.value)" } == [
                "agents.cost.timeout=30s", "agents.cost.concurrency=8", "agents.cost.queue=16",
                "agents.cost.fallback=sum, other", "agents.cost.algorithm=weighted",
                "agents.cost.breaker.failure_threshold=2", "agents.cost.retries.limit=1",
                "agents.cost.hedging.enabled=false",
            ])
        let other = configuration.policy(for: "sum")
        #expect(other.timeout == nil && other.retries.limit == 3)
        #expect(other.retries.delay == .milliseconds(7))
    }

    @Test(
        "B52 policies that cannot hold are refused",
        arguments: [
            ("breaker:\n  recovery_timeout: 0s\n", "duration"),
            ("breaker:\n  failure_threshold: 0\n", "integer"),
            ("retries:\n  longest: 50ms\n", "shorter than the first"),
            ("retries:\n  budget: 2\n", "number"),
            ("balancing:\n  load_scale: 0\n", "number"),
            ("balancing:\n  algorithm: wieghted\n", "did you mean weighted"),
            ("breaker:\n  failure_treshold: 1\n", "failure_threshold"),
            ("agents:\n  cost: {tiemout: 1s}\n", "timeout"),
            ("agents:\n  cost: {retries: {limits: 1}}\n", "limit"),
            ("agents:\n  cost: {retries: {delay: 11s}}\n", "shorter than the first"),
            ("agents:\n  cost: {fallback: [cost]}\n", "circle"),
            (
                "agents:\n  a: {fallback: [b]}\n  b: {fallback: [c, d]}\n  d: {fallback: [a]}\n",
                "a → b → d → a"
            ),
            ("agents:\n  cost: {fallback: [a, b, c, d, e]}\n", "at most 4"),
            ("agents:\n  cost: {fallback: [a, a]}\n", "twice"),
            ("agents:\n  cost: {fallback: [A]}\n", "name"),
            ("agents:\n  \"Big Name\": {}\n", "name"),
            ("agents:\n  cost: 5\n", "mapping"),
        ])
    func policyRules(_ text: String, _ reason: String) {
        #expect(refusal(text).contains(reason))
    }

    @Test("E1 a limit above the one around it is worth a warning")
    func policyWarnings() throws {
        #expect(try read("agents:\n  cost: {timeout: 20m}\n").warnings.count == 1)
        #expect(try read("agents:\n  cost: {queue: 3000}\n").warnings.count == 1)
        let chain = "agents:\n  a: {fallback: [b]}\n  b: {fallback: [c]}\n"
        #expect(try read(chain).warnings.isEmpty)
    }

    @Test("B52 values that cannot stand together are refused")
    func rules() throws {
        #expect(refusal("delays:\n  dead: 2s\n").contains("three times ping"))
        #expect(refusal("delays:\n  absence: 4s\n").contains("shorter than dead"))
        #expect(refusal("delays:\n  longest_deadline: 1s\n").contains("longest_deadline"))
        #expect(try read("delays:\n  schedule_to_start: 20m\n").warnings.count == 1)
    }

    @Test("B53 a misspelt key is refused with the nearest one")
    func suggestions() {
        #expect(refusal("limitz:\n  waiting: 7\n").contains("limits"))
        #expect(refusal("limits:\n  wating: 7\n").contains("waiting"))
        #expect(refusal("delays:\n  dedline: 7s\n").contains("deadline"))
    }

    @Test(
        "values out of range or of another kind are refused with their place",
        arguments: [
            "limits:\n  waiting: 0\n", "limits:\n  waiting: -1\n", "limits:\n  waiting: many\n",
            "limits:\n  waiting: 99999999999999999999\n", "delays:\n  ping: 5\n",
            "delays:\n  ping: 0s\n", "delays:\n  ping: -1s\n", "log:\n  level: loud\n",
            "limits: []\n", "- a\n",
        ])
    func refusals(_ text: String) {
        #expect(refusal(text).hasPrefix("baton.yaml:"))
    }

    @Test("secrets of workflows are read from a file that is its owner's alone")
    func secrets() throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("secrets: keys.yaml\n", to: "baton.yaml")
        try folder.write("token: {value: s3cret}\nname: ada\n", to: "keys.yaml")
        let secrets = try Configuration(file: file).secrets
        #expect(secrets["token"] == ["value": "s3cret"])
        #expect(secrets["name"] == "ada")
        for (text, name) in [("- s3cret\n", "list"), ("a: {s3cret\n", "broken")] {
            try folder.write(text, to: name)
            let file = try folder.write("secrets: \(name)\n", to: "\(name).yaml")
            #expect {
                try Configuration(file: file)
            } throws: { error in
                "\(error)".contains("NAME: VALUE") && !"\(error)".contains("s3cret")
            }
        }
        try folder.write("token: a\n", to: "open", mode: 0o644)
        let exposed = try folder.write("secrets: open\n", to: "exposed.yaml")
        #expect {
            try Configuration(file: exposed)
        } throws: { "\($0)".contains("chmod 600") }
    }
}
