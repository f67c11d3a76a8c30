import Glibc
import Telemetry

/// Free places on the loopback for orchestrators: three ports in a row each, ten apart.
enum Ports {
    static let first = 7400
    static let stride = 10
    private static let last = 32_000
    private static let width = 3

    /// A base port for each of so many orchestrators.
    static func bases(
        _ count: Int, from first: Int = first, width: Int = width,
        isFree: (Int) -> Bool = isFree
    ) throws(Fault) -> [Int] {
        var found: [Int] = []
        var base = first
        while found.count < count {
            guard base + width <= last else {
                throw Fault(
                    Exit.unavailable, "No free ports were found from \(first) to \(last).")
            }
            if (base..<base + width).allSatisfy(isFree) { found.append(base) }
            base += stride
        }
        return found
    }

    static func isFree(_ port: Int) -> Bool {
        guard let number = UInt16(exactly: port) else { return false }
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | O_CLOEXEC, 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var on: Int32 = 1
        // As the bus does: a port whose last connections are still fading is free.
        let size = socklen_t(MemoryLayout<Int32>.size)
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, size)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = number.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        return unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                unsafe bind(descriptor, address, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}
