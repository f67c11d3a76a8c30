import CZeroMQ
import Glibc
import Testing

@testable import Bus

/// What a socket's monitor hears, and that nobody waits for it.
@Suite struct MonitorTests {
    @Test("a storm of connections that nobody reads of holds up no other, and all of it is told")
    func storm() throws {
        let context = try BusContext()
        let router = try Socket(context, ZMQ_ROUTER)
        router.setCommonOptions(largest: 1 << 20)
        let monitor = try Monitor(context, of: router, name: "storm")
        let address = try router.bind("tcp://127.0.0.1:*")
        let port = try #require(address.split(separator: ":").last.flatMap { UInt16($0) })
        // More than the two ends of an ordinary pipe hold together.
        let count = 2500
        for _ in 0..<count { try #require(Visitor.isGreeted(at: port)) }
        var accepted = 0
        while accepted < count, let event = monitor.next() {
            if case .accepted = event { accepted += 1 }
        }
        #expect(accepted == count)
    }

    @Test("F67 what is closed while its connection breaks holds up no other of the process")
    func closing() throws {
        let context = try BusContext()
        for round in 0..<150 {
            let router = try Socket(context, ZMQ_ROUTER)
            router.set(ZMQ_LINGER, Int32.zero)
            let address = try router.bind("tcp://127.0.0.1:*")
            let visitors = try (0..<8).map { number in
                let socket = try Socket(context, ZMQ_DEALER)
                let monitor = try Monitor(context, of: socket, name: "visitor-\(round)-\(number)")
                socket.set(ZMQ_LINGER, Int32.zero)
                try socket.connect(address)
                _ = socket.send("here")
                return (socket, monitor)
            }
            // The thread that all connections share has done its part, or waits for ever.
            try #require(waits(for: router))
            router.close()
            for (socket, monitor) in visitors {
                monitor.close()
                socket.close()
            }
        }
    }

    /// Whether something comes within ten seconds.
    private func waits(for socket: Socket) -> Bool {
        var item = unsafe zmq_pollitem_t(
            socket: socket.handle, fd: 0, events: Int16(ZMQ_POLLIN), revents: 0)
        return unsafe zmq_poll(&item, 1, 10_000) == 1
    }
}

/// Connects, waits for the first byte of the other side, and goes.
private enum Visitor {
    static func isGreeted(at port: UInt16) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var patience = timeval(tv_sec: 10, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, size)
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, size)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(INADDR_LOOPBACK).bigEndian
        let connected = unsafe withUnsafePointer(to: address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        var byte: UInt8 = 0
        return unsafe connected && recv(descriptor, &byte, 1, 0) == 1
    }
}
