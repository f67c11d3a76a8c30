import CEvent
import Glibc
import Telemetry

/// Owns one `event_base`. Only the thread that runs the loop may touch it, which is why it has no
/// locks.
@safe final class EventBase {
    private let base: OpaquePointer

    /// What libevent would print goes nowhere: each failure is thrown as a fault, and standard
    /// error is for lines of the log alone.
    private static let silence: Void = unsafe event_set_log_callback { _, _ in }

    init() throws {
        EventBase.silence
        guard let config = unsafe event_config_new() else { throw EventBase.exhausted() }
        defer { unsafe event_config_free(config) }
        let flags = EVENT_BASE_FLAG_NOLOCK.rawValue | EVENT_BASE_FLAG_IGNORE_ENV.rawValue
        unsafe event_config_set_flag(config, Int32(flags))
        guard let base = unsafe event_base_new_with_config(config) else {
            throw EventBase.exhausted()
        }
        unsafe self.base = unsafe base
    }

    deinit { unsafe event_base_free(base) }

    /// Waits for descriptors and runs their callbacks: until at least one came, or without waiting
    /// at all.
    func poll(waiting: Bool) {
        // Without EVLOOP_ONCE a descriptor that stays ready would keep libevent from ever coming
        // back.
        unsafe event_base_loop(base, waiting ? EVLOOP_ONCE : EVLOOP_ONCE | EVLOOP_NONBLOCK)
    }

    /// Lends the pointer to a bridge that puts foreign events on this loop. It must not outlive the
    /// call.
    func withBase<Result>(_ body: (OpaquePointer) throws -> Result) rethrows -> Result {
        try unsafe body(base)
    }

    private static func exhausted() -> Fault {
        Fault(
            ReactorCode.systemResources,
            "cannot create an event loop: \(systemMessage(errno)); raise the limit of open files")
    }
}

/// What the system says about an error number.
func systemMessage(_ code: Int32) -> String {
    unsafe String(cString: strerror(code))
}
