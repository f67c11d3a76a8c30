import Glibc
import Reactor

/// Asks a Redis or a Sentinel whether it answers, again and again until it does. It never blocks
/// and changes nothing there.
final class RedisProbe {
    enum Place: Sendable, Equatable {
        case socket(String)
        /// A port of the loopback.
        case port(Int, password: String)
    }

    private static let pause = Duration.milliseconds(20)
    private static let answer = Array("+PONG".utf8)

    private let place: Place
    private let loop: EventLoop
    private let answered: () -> Void
    private var timer: Reactor.Timer?
    private var reader: LineReader?

    /// - Parameter answered: called once, when it has answered; not after `cancel`.
    init(_ place: Place, on loop: EventLoop, _ answered: @escaping () -> Void) {
        (self.place, self.loop, self.answered) = (place, loop, answered)
        timer = loop.timer(after: .zero) { [weak self] in self?.ask() }
    }

    /// Whether somebody listens there: a socket that nobody holds any more does not count.
    static func isHeld(_ path: String) -> Bool { connected(to: .socket(path)) != nil }

    private var question: [UInt8] {
        switch place {
        case .socket: Array("PING\r\n".utf8)
        case .port(_, let password): Array("AUTH \(password)\r\nPING\r\n".utf8)
        }
    }

    func cancel() {
        timer?.cancel()
        reader?.cancel()
    }

    private func ask() {
        reader?.cancel()
        // Whatever does not come to an answer is tried again after a pause.
        timer?.reset(after: Self.pause)
        guard let socket = Self.connected(to: place) else { return }
        let question = question
        let count = unsafe question.withUnsafeBytes { bytes in
            unsafe send(socket.number, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
        }
        guard count == question.count else { return }
        // While it reads its file it answers that it is loading.
        reader = try? LineReader(socket, on: loop, limit: 256) { [weak self] event in
            guard let self, case .line(.whole(let bytes)) = event else { return }
            if bytes.starts(with: Self.answer) { finish() }
        }
        // An answer that is under way is not cut off by the next question.
        if reader != nil { timer?.reset(after: Self.pause * 10) }
    }

    private func finish() {
        cancel()
        answered()
    }

    private static func connected(to place: Place) -> Descriptor? {
        switch place {
        case .socket(let path): connected(path)
        case .port(let port, _): connected(port)
        }
    }

    /// The loopback says at once whether somebody listens.
    private static func connected(_ port: Int) -> Descriptor? {
        guard let port = UInt16(exactly: port) else { return nil }
        let number = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard number >= 0 else { return nil }
        let descriptor = Descriptor(owning: number)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let result = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                unsafe connect(number, address, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0, fcntl(number, F_SETFL, O_NONBLOCK) == 0 else { return nil }
        return descriptor
    }

    private static func connected(_ path: String) -> Descriptor? {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard bytes.count <= ClusterFolder.longestSocketPath else { return nil }
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: bytes) }
        let number = socket(
            AF_UNIX,
            Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
        guard number >= 0 else { return nil }
        let descriptor = Descriptor(owning: number)
        let result = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                unsafe connect(number, address, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        return result == 0 ? descriptor : nil
    }
}
