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
        var configuration = Configuration()
        configuration.limits.finishedBytes = 1500 << 10
        let size = try #require(Setting.all.first { $0.key == "finished_bytes" })
        #expect(size.show(configuration) == "1500KiB")
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
}
