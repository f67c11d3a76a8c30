import Bus
import CZeroMQ
import Document
import Glibc
import Telemetry
import TestKit
import Wire

/// The socket types of a foreign peer.
enum ZMQ {
    static let dealer = CZeroMQ.ZMQ_DEALER
    static let subscriber = CZeroMQ.ZMQ_SUB
}

/// A ZeroMQ socket as a stranger would use it: any frames, any name, any key. It blocks, but never
/// for ever.
@safe final class RawSocket {
    private let context: UnsafeMutableRawPointer
    private let handle: UnsafeMutableRawPointer

    init(_ type: Int32, id: [UInt8] = [], pair: KeyPair? = nil, server: String? = nil) throws {
        guard let context = unsafe zmq_ctx_new(), let handle = unsafe zmq_socket(context, type)
        else { throw SystemError("zmq_socket", "a raw socket") }
        unsafe self.context = unsafe context
        unsafe self.handle = unsafe handle
        for (option, value) in [(ZMQ_LINGER, Int32(0)), (ZMQ_RCVTIMEO, 10_000), (ZMQ_SNDHWM, 0)] {
            var value = value
            unsafe zmq_setsockopt(handle, option, &value, MemoryLayout<Int32>.size)
        }
        if !id.isEmpty, unsafe zmq_setsockopt(handle, ZMQ_ROUTING_ID, id, id.count) != 0 {
            throw SystemError("zmq_setsockopt", "a routing id")
        }
        if let pair, let server {
            unsafe zmq_setsockopt(handle, ZMQ_CURVE_SERVERKEY, server, server.utf8.count)
            unsafe zmq_setsockopt(handle, ZMQ_CURVE_PUBLICKEY, pair.public, pair.public.utf8.count)
            unsafe zmq_setsockopt(handle, ZMQ_CURVE_SECRETKEY, pair.secret, pair.secret.utf8.count)
        }
    }

    deinit {
        unsafe zmq_close(handle)
        unsafe zmq_ctx_term(context)
    }

    func connect(_ address: String) throws {
        guard unsafe zmq_connect(handle, address) == 0 else {
            throw SystemError("zmq_connect", address)
        }
    }

    func subscribe(_ topic: [UInt8]) {
        unsafe zmq_setsockopt(handle, ZMQ_SUBSCRIBE, topic, topic.count)
    }

    func send(_ frames: [[UInt8]]) {
        for (index, frame) in frames.enumerated() {
            let flags = index < frames.count - 1 ? ZMQ_SNDMORE : 0
            unsafe zmq_send(handle, frame, frame.count, flags)
        }
    }

    func send(_ envelope: Envelope, _ content: [UInt8] = []) {
        send([envelope.encoded(), content])
    }

    /// The next message that is no PING; nil when nothing comes for a long time, or nothing is
    /// there now.
    func receive(waiting: Bool = true) -> (envelope: Envelope, content: [UInt8])? {
        while true {
            var buffer = [UInt8](repeating: 0, count: 1 << 17)
            let first = unsafe zmq_recv(handle, &buffer, buffer.count, waiting ? 0 : ZMQ_DONTWAIT)
            guard first >= 0 else { return nil }
            let head = Array(buffer.prefix(Int(first)))
            let second = unsafe zmq_recv(handle, &buffer, buffer.count, ZMQ_DONTWAIT)
            let content = Array(buffer.prefix(Int(max(0, second))))
            guard let envelope = try? Envelope(decoding: head) else { return nil }
            if envelope.type != .ping { return (envelope, content) }
        }
    }

    /// The frames of the next message, as they are.
    func receiveFrames(waiting: Bool = true) -> [[UInt8]]? {
        var frames: [[UInt8]] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 17)
        var (more, size) = (Int32(0), MemoryLayout<Int32>.size)
        repeat {
            let flags = waiting ? 0 : ZMQ_DONTWAIT
            let count = unsafe zmq_recv(handle, &buffer, buffer.count, flags)
            guard count >= 0 else { return nil }
            frames.append(Array(buffer.prefix(Int(count))))
            unsafe zmq_getsockopt(handle, ZMQ_RCVMORE, &more, &size)
        } while more != 0
        return frames
    }

    /// Asks a control question.
    func ask(_ question: String) -> Value? {
        var envelope = Envelope(.request)
        envelope.messageID = "q"
        envelope.receiver = "baton"
        envelope.delivery = .volatile
        send(envelope, JSON.write(["question": .string(question)]))
        guard let answer = receive(), answer.envelope.type == .response else { return nil }
        return try? JSON.parse(answer.content)
    }
}

/// A plain TCP connection to a bus.
final class RawConnection {
    private let descriptor: Int32

    init(_ address: String) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        let port = UInt16(address.split(separator: ":").last ?? "") ?? 0
        var target = sockaddr_in()
        target.sin_family = sa_family_t(AF_INET)
        target.sin_port = port.bigEndian
        target.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let connected = unsafe withUnsafePointer(to: &target) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard connected == 0 else { throw SystemError("connect", address) }
        var patience = timeval(tv_sec: 30, tv_usec: 0)
        unsafe setsockopt(
            descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit { close(descriptor) }

    func write(_ bytes: [UInt8]) {
        _ = unsafe Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
    }

    /// Reads until the other side ends the connection; false if it never does.
    func isEnded() -> Bool {
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = unsafe read(descriptor, &buffer, buffer.count)
            if count == 0 { return true }
            if count < 0 { return errno == ECONNRESET }
        }
    }
}
