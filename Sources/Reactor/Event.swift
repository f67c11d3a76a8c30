import CEvent
import Telemetry

/// Owns one libevent `event` and the closure it calls. It keeps its base alive, so the order in
/// which the two are let go does not matter. It must be used and freed by the loop's thread, or
/// after the loop ended.
@safe final class Event {
    private let base: EventBase
    private let handler: (Int16) -> Void
    private var event: OpaquePointer?

    /// - Parameter number: a descriptor, or with `EV_SIGNAL` a signal.
    init(on base: EventBase, _ number: Int32, _ flags: Int32, handler: @escaping (Int16) -> Void)
        throws
    {
        self.base = base
        self.handler = handler
        let me = unsafe Unmanaged.passUnretained(self).toOpaque()
        unsafe event = unsafe base.withBase {
            unsafe event_new($0, number, Int16(truncatingIfNeeded: flags), Event.fired, me)
        }
        guard let event = unsafe event, unsafe event_add(event, nil) == 0 else {
            end()
            throw Fault(
                ReactorCode.descriptorRefused,
                "the loop cannot watch \(number): it is closed, a plain file, or watched otherwise")
        }
    }

    deinit { end() }

    /// No callback comes after this, not even one that was already due.
    func end() {
        guard let event = unsafe event.take() else { return }
        unsafe event_free(event)
    }

    private static let fired: event_callback_fn = { _, flags, context in
        guard let context = unsafe context else { return }
        // The strong reference keeps the event alive while its own handler ends it.
        let event = unsafe Unmanaged<Event>.fromOpaque(context).takeUnretainedValue()
        event.handler(flags)
    }
}
