import Telemetry
import Testing
import Wire

@testable import baton

/// How faults are put into words.
@Suite struct ComplaintTests {
    @Test(
        "A complaint begins small unless with a name, and ends without a full stop",
        arguments: [
            ("No cluster runs here.", "no cluster runs here"),
            ("A cluster runs; stop it.", "a cluster runs; stop it"),
            ("Redis is away.", "Redis is away"), ("JSON is wanted.", "JSON is wanted"),
            ("BATON_BUS is empty", "BATON_BUS is empty"), ("--as is missing.", "--as is missing"),
            ("One thing. And another.", "one thing. And another."), ("", ""), (".", ""),
            ("echo has no instance 9 now", "echo has no instance 9 now"),
        ])
    func voice(message: String, said: String) {
        #expect(Complaint.sentence(Fault(Exit.failed, message)) == said)
    }

    @Test("A file is the subject of its sentence, and a place within one is its heading")
    func places() {
        let file = Fault(Exit.noInput, "cannot be opened: gone.", at: "/a b")
        #expect(Complaint.sentence(file) == "/a b cannot be opened: gone")
        let place = Fault(Exit.configuration, "unknown key \"x\"", at: "a.yaml:1:2")
        #expect(Complaint.sentence(place) == "a.yaml:1:2: unknown key \"x\"")
    }

    @Test("What to do about something unknown is told by the command that asked for it")
    func mends() {
        let unknown = Fault(WireCode.notFound, "no such session")
        #expect(Mend.text(for: unknown, "sessions") == "See what there is: baton sessions")
        #expect(Mend.text(for: unknown, "trace")?.contains("--state finished") == true)
        let away = Fault(WireCode.unavailable, "away", retry: .after(.seconds(1)))
        #expect(Mend.text(for: away)?.contains("baton status") == true)
    }

    @Test("Counted things are named as one or as many")
    func counts() {
        #expect(Count.of(1, "worker process", "worker processes") == "1 worker process")
        #expect(Count.of(0, "dead letter") == "0 dead letters")
        #expect(Count.of(2, "orchestrator") == "2 orchestrators")
    }
}
