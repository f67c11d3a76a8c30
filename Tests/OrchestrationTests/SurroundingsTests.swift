import Document
import Reactor
import Telemetry
import Testing

@testable import Orchestration

/// What is known of the machine and the time of day.
@Suite struct SurroundingsTests {
    @Test("S2-74 the figures of the process are read from the kernel")
    func figures() {
        let surroundings = ProcessFigures.surroundings(at: .zero)
        #expect(surroundings.resources["status"] == "healthy")
        #expect((surroundings.resources["resident_bytes"]?.integer ?? 0) > 1 << 20)
        #expect(surroundings.resources["load_average"]?.array?.count == 3)
        #expect(surroundings.timeOfDay.milliseconds > 1_700_000_000_000)
    }

    @Test("figures that are not there count as nothing")
    func nonsense() {
        let resources = ProcessFigures.resources(memory: ["1"], load: ["x"])
        #expect(resources["resident_bytes"] == 0 && resources["load_average"] == [])
    }

    @Test("the time of day at another moment follows from the known one")
    func timeOfDay() {
        var surroundings = Surroundings()
        surroundings.timeOfDay = Timestamp(milliseconds: 10_000)
        surroundings.at = Instant(nanoseconds: 5_000_000_000)
        #expect(surroundings.timestamp(at: .zero).milliseconds == 5000)
        #expect(surroundings.timestamp(at: surroundings.at).milliseconds == 10_000)
    }
}

/// What is remembered of steps that killed their workers.
@Suite struct QuarantineTests {
    @Test("the latest are kept, the oldest go, all are counted")
    func bounded() {
        var quarantine = Quarantine(limit: 3)
        for number in 0..<5 {
            quarantine.add(
                Quarantine.Entry(
                    key: RequestKey(scope: 1, id: "r\(number)"), tenant: "t", agent: "a", step: 1,
                    attempts: 3, deaths: 3, at: .zero))
        }
        #expect(quarantine.entries { _ in true }.map(\.key.id) == ["r4", "r3", "r2"])
        #expect(quarantine.total == 5 && quarantine.entries { _ in false }.isEmpty)
    }
}
