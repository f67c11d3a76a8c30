import Document
import Glibc
import Reactor
import Telemetry

/// What an orchestrator knows of the machine it runs on and of the time of day; told to the
/// conductor now and then, because it asks nobody.
struct Surroundings: Sendable {
    var resources: Value = [:]
    /// The time of day at a moment, from which the others follow.
    var timeOfDay = Timestamp(milliseconds: 0)
    var at = Instant.zero

    init() {}

    /// Nanoseconds since 1970 at another moment.
    func wallClock(at moment: Instant) -> UInt64 {
        let gap = (moment - at).wholeNanoseconds
        return UInt64(clamping: timeOfDay.milliseconds * 1_000_000 + gap)
    }

    /// The time of day at another moment.
    func timestamp(at moment: Instant) -> Timestamp {
        let gap = (moment - at).wholeNanoseconds / 1_000_000
        return Timestamp(milliseconds: timeOfDay.milliseconds + gap)
    }
}

/// Reads what the kernel says of this process and its machine.
enum ProcessFigures {
    /// Everything as of now.
    static func surroundings(at now: Instant) -> Surroundings {
        var surroundings = Surroundings()
        surroundings.timeOfDay = .now
        surroundings.at = now
        surroundings.resources = Health.check {
            let memory = words(try text("/proc/self/statm"))
            let load = words(try text("/proc/loadavg"))
            var resources = resources(memory: memory, load: load).object ?? [:]
            resources["processor_ms"] = Value(processorTime().milliseconds)
            resources["at_ms"] = Value(surroundings.timeOfDay.milliseconds.magnitude)
            return .object(resources)
        }
        return surroundings
    }

    /// What all threads of this process have used so far.
    private static func processorTime() -> Duration {
        var time = timespec()
        unsafe clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }

    /// Pages of 4 KiB, of which the second figure counts the resident ones; the load of 1, 5 and 15
    /// minutes.
    static func resources(memory: [Substring], load: [Substring]) -> Value {
        let pages = memory.count > 1 ? Int(memory[1]) ?? 0 : 0
        return [
            "status": "healthy",
            "resident_bytes": Value(pages * 4096),
            "load_average": .array(load.prefix(3).compactMap { Double($0).map(Value.number) }),
        ]
    }

    private static func text(_ path: String) throws(Fault) -> String {
        String(decoding: try Files.read(path, limit: 4096), as: UTF8.self)
    }

    private static func words(_ text: String) -> [Substring] {
        text.split { $0 == " " || $0 == "\n" }
    }
}
