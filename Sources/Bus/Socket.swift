import CZeroMQ
import Glibc
package import Telemetry
import Wire

/// The ZeroMQ context of a process: its one I/O thread and the limit of its sockets.
@safe package final class BusContext {
    let handle: UnsafeMutableRawPointer

    package init(sockets: Int32 = 4096) throws(Fault) {
        guard let handle = unsafe zmq_ctx_new() else { throw Socket.fault("a ZeroMQ context") }
        unsafe self.handle = unsafe handle
        unsafe zmq_ctx_set(handle, ZMQ_MAX_SOCKETS, sockets)
        unsafe zmq_ctx_set(handle, ZMQ_BLOCKY, 0)
    }

    deinit {
        unsafe zmq_ctx_term(handle)
    }
}

/// One ZeroMQ socket, owned from making to closing. It never blocks: every verb answers at once.
///
/// Its descriptor is edge-triggered: after any send or receive, whoever owns it receives until
/// nothing is left.
@safe final class Socket {
    enum Sending { case sent, full, unreachable }

    let handle: UnsafeMutableRawPointer
    private let context: BusContext
    private(set) var isClosed = false

    init(_ context: BusContext, _ type: Int32) throws(Fault) {
        guard let handle = unsafe zmq_socket(context.handle, type) else {
            throw Socket.fault("a ZeroMQ socket")
        }
        unsafe self.handle = unsafe handle
        self.context = context
    }

    deinit { close() }

    func close() {
        guard !isClosed else { return }
        isClosed = true
        unsafe zmq_close(handle)
    }

    // MARK: - Options

    func set(_ option: Int32, _ value: Int32) {
        var value = value
        unsafe zmq_setsockopt(handle, option, &value, MemoryLayout<Int32>.size)
    }

    func set(_ option: Int32, _ value: Int64) {
        var value = value
        unsafe zmq_setsockopt(handle, option, &value, MemoryLayout<Int64>.size)
    }

    func set(_ option: Int32, _ text: String) throws(Fault) {
        guard unsafe zmq_setsockopt(handle, option, text, text.utf8.count) == 0 else {
            throw Socket.fault("option \(option) of a socket")
        }
    }

    /// What both ends of the bus ask of a socket. No heartbeats of ZeroMQ's own: on a connecting
    /// socket with a full queue they abort the process.
    ///
    /// - Parameter largest: the size of a frame above which its sender loses the connection.
    func setCommonOptions(largest: Int64) {
        let pipe: Int32 = 20_000
        set(ZMQ_SNDHWM, pipe)
        set(ZMQ_RCVHWM, pipe)
        set(ZMQ_MAXMSGSIZE, largest)
        set(ZMQ_HANDSHAKE_IVL, Int32(3000))
        set(ZMQ_LINGER, Int32(0))
        set(ZMQ_TCP_KEEPALIVE, Int32(1))
        set(ZMQ_TCP_KEEPALIVE_IDLE, Int32(30))
        set(ZMQ_TCP_KEEPALIVE_INTVL, Int32(10))
        set(ZMQ_TCP_KEEPALIVE_CNT, Int32(3))
    }

    private func number(_ option: Int32) -> Int32 {
        var value: Int32 = 0
        var size = MemoryLayout<Int32>.size
        unsafe zmq_getsockopt(handle, option, &value, &size)
        return value
    }

    var descriptor: Int32 { number(ZMQ_FD) }
    var isReadable: Bool { number(ZMQ_EVENTS) & Int32(ZMQ_POLLIN) != 0 }

    // MARK: - Addresses

    /// Binds, and says where: a port that was left to the system is filled in.
    @discardableResult
    func bind(_ address: String) throws(Fault) -> String {
        guard unsafe zmq_bind(handle, address) == 0 else {
            throw Socket.fault(address, code: Socket.bindCode(zmq_errno()))
        }
        var buffer = [CChar](repeating: 0, count: 512)
        var size = buffer.count
        unsafe zmq_getsockopt(handle, ZMQ_LAST_ENDPOINT, &buffer, &size)
        return String(decoding: buffer.prefix(max(0, size - 1)).map(UInt8.init), as: UTF8.self)
    }

    func connect(_ address: String) throws(Fault) {
        guard unsafe zmq_connect(handle, address) == 0 else {
            throw Socket.fault(address, code: .addressRefused)
        }
    }

    // MARK: - Messages

    func receive(into frame: Frame) -> Bool { unsafe frame.receive(from: handle) }

    func send(_ frame: Frame, more: Bool = false) -> Sending {
        let flags = more ? ZMQ_DONTWAIT | ZMQ_SNDMORE : ZMQ_DONTWAIT
        return unsafe frame.send(to: handle, flags: flags) ? .sent : outcome()
    }

    func send(_ bytes: UnsafeRawBufferPointer, more: Bool = false) -> Sending {
        let flags = more ? ZMQ_DONTWAIT | ZMQ_SNDMORE : ZMQ_DONTWAIT
        while unsafe zmq_send(handle, bytes.baseAddress, bytes.count, flags) < 0 {
            guard zmq_errno() == EINTR else { return outcome() }
        }
        return .sent
    }

    func send(_ text: String, more: Bool = false) -> Sending {
        var text = text
        return text.withUTF8 { unsafe send(UnsafeRawBufferPointer($0), more: more) }
    }

    /// A message of a routing id, an envelope and a content. Only the first frame can fail: a
    /// message is whole or not sent.
    func send(
        _ routingID: String, _ envelope: UnsafeRawBufferPointer, _ content: any Content
    ) -> Sending {
        let first = send(routingID, more: true)
        guard first == .sent else { return first }
        return unsafe send(envelope, content)
    }

    /// A message of an envelope and a content.
    func send(_ envelope: UnsafeRawBufferPointer, _ content: any Content) -> Sending {
        let first = unsafe send(envelope, more: true)
        return first == .sent ? send(content) : first
    }

    func send(_ content: any Content) -> Sending {
        if let frame = content as? Frame { return send(frame, more: false) }
        return content.withBytes { span in
            unsafe span.withUnsafeBytes { unsafe send($0) }
        }
    }

    private func outcome() -> Sending { zmq_errno() == EHOSTUNREACH ? .unreachable : .full }

    /// A whole message of few frames, for the sockets that speak to ZeroMQ itself.
    func receiveAll() -> [[UInt8]]? {
        var frames: [[UInt8]] = []
        repeat {
            let frame = Frame()
            guard receive(into: frame) else { return frames.isEmpty ? nil : frames }
            frames.append(frame.array)
            guard frame.hasMore else { return frames }
        } while true
    }

    /// Takes what is left of a message that has more frames than it should.
    func skipRest(after frame: Frame) {
        guard frame.hasMore else { return }
        let rest = Frame()
        while receive(into: rest), rest.hasMore {}
    }

    // MARK: - Faults

    static func fault(_ what: String, code: BusCode = .socket) -> Fault {
        let reason = unsafe String(cString: zmq_strerror(zmq_errno()))
        return Fault(code, "\(what): \(reason)")
    }

    private static func bindCode(_ error: Int32) -> BusCode {
        switch error {
        case EADDRINUSE: .addressInUse
        case EACCES, EPERM: .notPermitted
        default: .addressRefused
        }
    }
}
