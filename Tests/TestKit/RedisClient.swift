internal import Glibc

/// A plain, blocking conversation with a Redis on a socket, for tests that look at what is there or
/// disturb it. It shares no code with the store, so it does not share its mistakes. An answer that
/// takes longer than ten seconds is a fault.
// SAFETY: it belongs to one test, which uses it from one thread at a time; two at once would mix
// their answers.
package final class RedisClient: @unchecked Sendable {
    package enum Answer: Hashable, Sendable {
        case none
        case number(Int)
        case bytes([UInt8])
        case fault(String)
        case list([Answer])

        /// What bytes, states and faults say.
        package var text: String? {
            switch self {
            case .bytes(let bytes): String(decoding: bytes, as: UTF8.self)
            case .fault(let text): text
            case .number(let number): String(number)
            case .none, .list: nil
            }
        }

        package var number: Int? {
            switch self {
            case .number(let number): number
            case .bytes: text.flatMap { Int($0) }
            default: nil
            }
        }

        package var list: [Answer]? {
            if case .list(let answers) = self { answers } else { nil }
        }
    }

    private let descriptor: Int32
    private var buffer: [UInt8] = []
    private var position = 0

    /// Connects to a socket by its path.
    package init(_ path: String) throws {
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw SystemError("socket", path) }
        guard RedisClient.connect(descriptor, path) else {
            let error = SystemError("connect", path)
            close(descriptor)
            throw error
        }
        var patience = timeval(tv_sec: 10, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, size)
    }

    deinit { close(descriptor) }

    /// Sends a command and waits for its answer.
    @discardableResult
    package func ask(_ words: String...) throws -> Answer {
        try ask(bytes: words.map { Array($0.utf8) })
    }

    @discardableResult
    package func ask(_ words: [String]) throws -> Answer {
        try ask(bytes: words.map { Array($0.utf8) })
    }

    @discardableResult
    package func ask(bytes words: [[UInt8]]) throws -> Answer {
        try send(words)
        return try answer()
    }

    /// Sends a command; its answer is to be read by `answer`, so many may be under way.
    package func send(_ words: [[UInt8]]) throws {
        if position == buffer.count {
            buffer.removeAll(keepingCapacity: true)
            position = 0
        }
        var command = Array("*\(words.count)\r\n".utf8)
        for word in words {
            command += Array("$\(word.count)\r\n".utf8) + word + Array("\r\n".utf8)
        }
        var sent = 0
        while sent < command.count {
            let count = unsafe command[sent...].withUnsafeBytes {
                unsafe Glibc.send(
                    descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw SystemError("send", "redis") }
            sent += count
        }
    }

    /// Waits for the next answer.
    package func answer() throws -> Answer {
        let line = try line()
        let rest = line.dropFirst()
        switch line.first {
        case "+": return .bytes(Array(rest.utf8))
        case "-": return .fault(String(rest))
        case ":": return .number(Int(rest) ?? 0)
        case "$":
            guard let count = Int(rest), count >= 0 else { return .none }
            let bytes = try take(count + 2)
            return .bytes(Array(bytes.dropLast(2)))
        case "*":
            guard let count = Int(rest), count >= 0 else { return .none }
            return .list(try (0..<count).map { _ in try answer() })
        default: throw SystemError("not an answer: \(line)", "redis")
        }
    }

    private func line() throws -> String {
        var end = position
        while true {
            if end + 1 < buffer.count {
                if buffer[end] == 13 && buffer[end + 1] == 10 { break }
                end += 1
            } else {
                try fill()
            }
        }
        let text = String(decoding: buffer[position..<end], as: UTF8.self)
        position = end + 2
        return text
    }

    private func take(_ count: Int) throws -> [UInt8] {
        while buffer.count - position < count { try fill() }
        defer { position += count }
        return Array(buffer[position..<position + count])
    }

    private func fill() throws {
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        let count = unsafe chunk.withUnsafeMutableBytes {
            unsafe read(descriptor, $0.baseAddress, $0.count)
        }
        guard count > 0 else { throw SystemError("read", "redis") }
        buffer += chunk[..<count]
    }

    private static func connect(_ descriptor: Int32, _ path: String) -> Bool {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { return false }
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: bytes) }
        return unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                let size = socklen_t(MemoryLayout<sockaddr_un>.size)
                return unsafe Glibc.connect(descriptor, $0, size) == 0
            }
        }
    }
}
