import CZeroMQ
import Glibc
import Wire

/// One frame as ZeroMQ holds it: received or made once, then only read, so that sending it on
/// copies no bytes.
// SAFETY: after its first filling the message is never changed; reading it and counting its
// references are thread-safe in ZeroMQ. A second `receive` into a frame that was handed out would
// break it.
package final class Frame: Content, @unchecked Sendable {
    private var message = zmq_msg_t()

    package init() {
        unsafe zmq_msg_init(&message)
    }

    deinit {
        unsafe zmq_msg_close(&message)
    }

    package var count: Int { unsafe zmq_msg_size(&message) }

    package func withBytes<Result>(_ body: (RawSpan) throws -> Result) rethrows -> Result {
        let start = unsafe zmq_msg_data(&message)
        let buffer = unsafe UnsafeRawBufferPointer(start: start, count: zmq_msg_size(&message))
        let span = unsafe RawSpan(_unsafeBytes: buffer)
        defer { withExtendedLifetime(self) {} }
        return try body(span)
    }

    /// Whether another frame of the same message follows.
    var hasMore: Bool { unsafe zmq_msg_more(&message) != 0 }

    /// Fills the frame from a socket; false when nothing is there.
    func receive(from socket: UnsafeMutableRawPointer) -> Bool {
        while unsafe zmq_msg_recv(&message, socket, ZMQ_DONTWAIT) < 0 {
            guard zmq_errno() == EINTR else { return false }
        }
        return true
    }

    /// Sends the bytes without copying them; the frame stays as it is.
    func send(to socket: UnsafeMutableRawPointer, flags: Int32) -> Bool {
        var copy = zmq_msg_t()
        unsafe zmq_msg_init(&copy)
        unsafe zmq_msg_copy(&copy, &message)
        while unsafe zmq_msg_send(&copy, socket, flags) < 0 {
            guard zmq_errno() == EINTR else {
                unsafe zmq_msg_close(&copy)
                return false
            }
        }
        return true
    }

    private static let userProperty: StaticString = "User-Id"

    /// The name that the door keeper gave the connection; it points into ZeroMQ's own memory.
    private var userText: UnsafePointer<CChar>? {
        let name = unsafe UnsafeRawPointer(Self.userProperty.utf8Start)
        return unsafe zmq_msg_gets(&message, name.assumingMemoryBound(to: CChar.self))
    }

    /// Whether the frame came over a connection that was let in under this name, which ends with a
    /// zero; makes no `String`.
    func isFrom(_ user: [CChar]) -> Bool {
        guard let text = unsafe userText else { return user.count <= 1 }
        return unsafe strcmp(text, user) == 0
    }

    /// The name the connection was let in under.
    var user: String { unsafe userText.map { unsafe String(cString: $0) } ?? "" }

    /// The descriptor of the connection the frame came over.
    var descriptor: Int32 { unsafe zmq_msg_get(&message, ZMQ_SRCFD) }
}
