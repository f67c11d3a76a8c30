internal import Glibc

/// A TCP port on the loopback that nobody else is given while this value lives.
///
/// It keeps a bound socket that never listens: the kernel hands the port to nobody, and a server
/// that reuses addresses, as every one here does, can still bind it.
package final class ReservedPort: Sendable {
    package let number: UInt16
    private let descriptor: Int32

    package init() throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw SystemError("socket", "tcp") }
        var one: Int32 = 1
        let size = socklen_t(MemoryLayout<Int32>.size)
        guard unsafe setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, size) == 0,
            let number = Self.bindAnywhere(descriptor)
        else {
            let error = SystemError("bind", "127.0.0.1:0")
            close(descriptor)
            throw error
        }
        self.number = number
    }

    deinit { close(descriptor) }

    /// The address in the form the bus takes.
    package var endpoint: String { "tcp://127.0.0.1:\(number)" }

    private static func bindAnywhere(_ descriptor: Int32) -> UInt16? {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = INADDR_LOOPBACK.bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe bind(descriptor, $0, length) == 0
                    && getsockname(descriptor, $0, &length) == 0
            }
        }
        return bound ? UInt16(bigEndian: address.sin_port) : nil
    }
}
