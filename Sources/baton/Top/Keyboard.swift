import Glibc
import Reactor

/// The keys of a terminal as they are struck. Where standard input is no terminal there are none.
final class Keyboard {
    private var watch: Watch?

    /// - Parameter struck: is told each byte; nothing: the terminal is gone.
    init(on loop: EventLoop, struck: @escaping (UInt8?) -> Void) throws {
        guard isatty(STDIN_FILENO) == 1 else { return }
        watch = try loop.watch(STDIN_FILENO, for: .read) { [weak self] _ in
            var bytes = [UInt8](repeating: 0, count: 64)
            let count = unsafe read(STDIN_FILENO, &bytes, bytes.count)
            guard count > 0 else {
                if count < 0, errno == EINTR || errno == EAGAIN { return }
                // Else it would be told again and again.
                self?.close()
                return struck(nil)
            }
            // An arrow or another key of several bytes begins with an escape: it means nothing
            // here.
            if bytes[0] != 0x1b { for byte in bytes[..<count] { struck(byte) } }
        }
    }

    func close() {
        watch?.cancel()
        watch = nil
    }
}
