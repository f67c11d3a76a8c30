import Telemetry

/// The stable words for what can go wrong below the protocols: the kernel refused, a limit was
/// reached, or time ran out.
package enum ReactorCode: String, FaultCode {
    case commandNotFound = "command_not_found"
    case deadlineExceeded = "deadline_exceeded"
    case descriptorRefused = "descriptor_refused"
    case loopStopped = "loop_stopped"
    case pipeClosed = "pipe_closed"
    case pipeFull = "pipe_full"
    case poolFull = "pool_full"
    case spawnFailed = "spawn_failed"
    case systemResources = "system_resources"
}

/// Every bound of this module, by name. The loop's own queue has none: the Swift runtime hands over
/// jobs that nobody may refuse, so whoever makes tasks bounds them.
package enum Limits {
    /// Jobs run before descriptors and timers get their turn again.
    package static let jobsPerTick = 1024
    /// Bytes read from one pipe before others get their turn.
    package static let bytesPerRead = 65_536
    /// The longest line of a child that is kept.
    package static let lineBytes = 1_048_576
    /// Bytes that may wait for a child that does not read.
    package static let unsentBytes = 4_194_304
}
