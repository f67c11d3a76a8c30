import CZeroMQ
import Telemetry

/// Tells what happens to a socket's connections, by descriptor.
final class Monitor {
    enum Event {
        case accepted(Int32)
        case connected
        case disconnected(Int32)
        case handshakeFailed
        case refused
    }

    let socket: Socket
    private let watched: Socket

    /// Watches the connections of another socket; `name` must be its own within the context.
    init(_ context: BusContext, of watched: Socket, name: String) throws(Fault) {
        let address = "inproc://monitor-\(name)"
        let events =
            ZMQ_EVENT_ACCEPTED | ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_HANDSHAKE_SUCCEEDED
            | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL
            | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH
        guard unsafe zmq_socket_monitor(watched.handle, address, events) == 0 else {
            throw Socket.fault("the monitor of a socket")
        }
        self.watched = watched
        socket = try Socket(context, ZMQ_PAIR)
        // The I/O thread waits where a monitor is full, and with it every connection of the
        // process: a storm of them must find room. What is told is small and read in each tick.
        socket.set(ZMQ_RCVHWM, Int32.zero)
        socket.set(ZMQ_SNDHWM, Int32.zero)
        try socket.connect(address)
    }

    /// Hears of nothing more, and must be told so before what it watches is closed: libzmq goes on
    /// telling until that is gone, and its I/O thread waits for ever where nobody listens any more.
    func close() {
        guard !socket.isClosed else { return }
        if !watched.isClosed { unsafe zmq_socket_monitor(watched.handle, nil, 0) }
        socket.close()
    }

    /// The next thing that happened, if anything did.
    func next() -> Event? {
        while let frames = socket.receiveAll() {
            guard let first = frames.first, first.count >= 6 else { continue }
            let kind = Int32(first[0]) | Int32(first[1]) << 8
            let value = first[2..<6].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            let descriptor = Int32(bitPattern: value)
            switch kind {
            case ZMQ_EVENT_ACCEPTED: return .accepted(descriptor)
            case ZMQ_EVENT_DISCONNECTED: return .disconnected(descriptor)
            case ZMQ_EVENT_HANDSHAKE_SUCCEEDED: return .connected
            case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH: return .refused
            default: return .handshakeFailed
            }
        }
        return nil
    }
}
