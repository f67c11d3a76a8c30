import CEvent
import Glibc

/// What a program may use of the machine, set by the process that is about to become it.
package struct Confinement: Hashable, Sendable {
    /// Seconds of the processor.
    package var seconds = 60
    /// Bytes of its address space.
    package var memory = 1 << 30
    /// Bytes of each file that it writes.
    package var fileSize = 64 << 20
    package var descriptors = 256
    /// Processes and threads of its user, those of others counted; nil: as many as there may be.
    package var processes: Int?

    package init() {}

    /// Sets all of it for this process and whatever it becomes, for good. False where the system
    /// refuses.
    package func apply() -> Bool {
        var isSet = baton_renounce() == 0
        isSet = Self.limit(RLIMIT_CORE, 0) && isSet
        isSet = Self.limit(RLIMIT_CPU, seconds) && isSet
        isSet = Self.limit(RLIMIT_AS, memory) && isSet
        isSet = Self.limit(RLIMIT_FSIZE, fileSize) && isSet
        isSet = Self.limit(RLIMIT_NOFILE, descriptors) && isSet
        if let processes { isSet = Self.limit(__RLIMIT_NPROC, processes) && isSet }
        return isSet
    }

    /// No more than it was: only the other direction would need rights.
    private static func limit(_ kind: __rlimit_resource, _ value: Int) -> Bool {
        let resource = __rlimit_resource_t(kind.rawValue)
        var bounds = rlimit()
        guard unsafe getrlimit(resource, &bounds) == 0 else { return false }
        let wanted = min(rlim_t(max(0, value)), bounds.rlim_max)
        bounds = rlimit(rlim_cur: wanted, rlim_max: wanted)
        return unsafe setrlimit(resource, &bounds) == 0
    }

    // MARK: - As an argument

    /// In the order of `init(text:)`.
    package var text: String {
        [seconds, memory, fileSize, descriptors, processes ?? -1].map(String.init)
            .joined(separator: ",")
    }

    package init?(text: String) {
        let numbers = text.split(separator: ",").compactMap { Int($0) }
        guard numbers.count == 5 else { return nil }
        (seconds, memory, fileSize) = (numbers[0], numbers[1], numbers[2])
        descriptors = numbers[3]
        processes = numbers[4] < 0 ? nil : numbers[4]
    }
}
