import Glibc
import Reactor
import TestKit

/// A server on the test's own loop, at a port of the system's choice, that says what it is told to.
// SAFETY: touched on the loop's thread alone.
final class PlayedServer: @unchecked Sendable {
    struct Request: Sendable {
        var line: String
        var head: String
        var body: String
        var path: String { line.split(separator: " ").dropFirst().first.map(String.init) ?? "" }
    }

    typealias Answer = @Sendable (Request) -> [UInt8]?

    let port: Int
    private(set) var requests: [Request] = []
    private(set) var accepted = 0
    /// Connections that the other side has closed.
    private(set) var closed = 0
    private let loop: EventLoop
    private let answer: Answer
    private let listener: Descriptor
    private var watches: [Int32: (Watch, Descriptor)] = [:]
    private var received: [Int32: String] = [:]

    /// - Parameter answer: the bytes of an answer; nil: never one.
    init(on loop: EventLoop, _ answer: @escaping Answer) throws {
        (self.loop, self.answer) = (loop, answer)
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        listener = try Descriptor(checking: socket(AF_INET, kind, 0), "a listener")
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = listener.number
        port = try unsafe withUnsafeMutablePointer(to: &address) { pointer in
            try unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                guard unsafe bind(descriptor, pointer, size) == 0, listen(descriptor, 16) == 0,
                    unsafe getsockname(descriptor, pointer, &size) == 0
                else { throw SystemError("bind", "127.0.0.1") }
            }
            return unsafe Int(UInt16(bigEndian: pointer.pointee.sin_port))
        }
        listener.setNonBlocking()
        let watch = try loop.watch(descriptor, for: .read) { [unowned self] _ in accept() }
        watches[descriptor] = (watch, listener)
    }

    func stop() {
        for (watch, _) in watches.values { watch.cancel() }
        watches = [:]
    }

    private func accept() {
        let number = Glibc.accept(listener.number, nil, nil)
        guard number >= 0 else { return }
        accepted += 1
        let connection = Descriptor(owning: number)
        connection.setNonBlocking()
        guard
            let watch = try? loop.watch(number, for: .read, { [unowned self] _ in read(number) })
        else { return }
        watches[number] = (watch, connection)
        received[number] = ""
    }

    private func read(_ number: Int32) {
        var bytes = [UInt8](repeating: 0, count: 65_536)
        let count = unsafe recv(number, &bytes, bytes.count, 0)
        guard count > 0 else {
            closed += 1
            return close(number)
        }
        received[number, default: ""] += String(decoding: bytes.prefix(count), as: UTF8.self)
        guard let text = received[number], let request = Self.request(text) else { return }
        received[number] = ""
        requests.append(request)
        guard let answer = answer(request) else { return }
        _ = unsafe send(number, answer, answer.count, Int32(MSG_NOSIGNAL))
        if String(decoding: answer, as: UTF8.self).contains("Connection: close") { close(number) }
    }

    private func close(_ number: Int32) {
        watches.removeValue(forKey: number)?.0.cancel()
        received[number] = nil
    }

    /// The request, once all of it is there.
    private static func request(_ text: String) -> Request? {
        let parts = text.components(of: "\r\n\r\n")
        guard parts.count > 1 else { return nil }
        let lines = parts[0].components(of: "\r\n")
        let body = parts.dropFirst().joined(separator: "\r\n\r\n")
        let length = lines.first { $0.lowercased().hasPrefix("content-length:") }
        let size = length.flatMap { Int($0.components(of: ": ").last ?? "") } ?? 0
        guard body.utf8.count >= size else { return nil }
        return Request(line: lines[0], head: parts[0], body: body)
    }
}

extension String {
    /// The pieces between a separator; `\r\n` is one character, so bytes are compared.
    func components(of separator: String) -> [String] {
        let (bytes, mark) = (Array(utf8), Array(separator.utf8))
        var (pieces, start, index) = ([String](), 0, 0)
        while index + mark.count <= bytes.count {
            if Array(bytes[index..<index + mark.count]) == mark {
                pieces.append(String(decoding: bytes[start..<index], as: UTF8.self))
                index += mark.count
                start = index
            } else {
                index += 1
            }
        }
        return pieces + [String(decoding: bytes[start...], as: UTF8.self)]
    }
}

/// Runs a test's body on a loop of its own, on a thread of its own.
func onLoop<Success: Sendable>(
    _ body: @escaping @Sendable (EventLoop) async throws -> Success
) async throws -> Success {
    try await BlockingPool(threads: 1, limit: 0).run { try EventLoop.run(body) }
}

/// An answer with a body and its length.
func answer(_ status: String, _ headers: [String] = [], _ body: [UInt8] = []) -> [UInt8] {
    let head = ["HTTP/1.1 \(status)", "Content-Length: \(body.count)"] + headers
    return Array((head.joined(separator: "\r\n") + "\r\n\r\n").utf8) + body
}
