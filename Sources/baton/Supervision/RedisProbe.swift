import Glibc
import Reactor

/// Asks a Redis behind a socket whether it answers, again and again until it does. It never blocks
/// and changes nothing there.
final class RedisProbe {
    private static let pause = Duration.milliseconds(20)
    private static let question = Array("PING\r\n".utf8)
    private static let answer = Array("+PONG".utf8)

    private let path: String
    private let loop: EventLoop
    private let answered: () -> Void
    private var timer: Reactor.Timer?
    private var reader: LineReader?

    /// - Parameter answered: called once, when it has answered; not after `cancel`.
    init(_ path: String, on loop: EventLoop, _ answered: @escaping () -> Void) {
        (self.path, self.loop, self.answered) = (path, loop, answered)
        timer = loop.timer(after: .zero) { [weak self] in self?.ask() }
    }

    /// Whether somebody listens there: a socket that nobody holds any more does not count.
    static func isHeld(_ path: String) -> Bool { connected(path) != nil }

    func cancel() {
        timer?.cancel()
        reader?.cancel()
    }

    private func ask() {
        reader?.cancel()
        // Whatever does not come to an answer is tried again after a pause.
        timer?.reset(after: Self.pause)
        guard let socket = Self.connected(path) else { return }
        let count = unsafe Self.question.withUnsafeBytes { bytes in
            unsafe send(socket.number, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
        }
        guard count == Self.question.count else { return }
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
