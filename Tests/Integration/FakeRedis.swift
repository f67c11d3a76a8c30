import Glibc
import Reactor
import TestKit

/// A server on a socket that says what a test wants, also what no Redis would: on the loop of the
/// test. It greets as Redis does unless the test answers that itself.
final class FakeRedis {
    /// What is answered to a command: bytes as they travel, or nothing; `nil` closes the
    /// connection.
    typealias Answer = (_ connection: Int, _ words: [String]) -> String?

    let folder: TemporaryFolder
    var endpoint: String { "unix:\(folder.file("fake.sock"))" }
    private let answer: Answer
    private let loop: EventLoop
    private let listener: Descriptor
    private var accepting: Watch?
    private var connections: [Connection] = []
    /// How many have come.
    private(set) var count = 0

    private final class Connection {
        let descriptor: Descriptor
        var watch: Watch?
        var input: [UInt8] = []

        init(_ descriptor: Descriptor) { self.descriptor = descriptor }
    }

    init(in folder: TemporaryFolder, on loop: EventLoop, _ answer: @escaping Answer) throws {
        self.folder = folder
        self.loop = loop
        self.answer = answer
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        listener = try Descriptor(checking: socket(AF_UNIX, kind, 0), "a socket")
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let path = Array(folder.file("fake.sock").utf8)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: path) }
        let size = socklen_t(MemoryLayout<sockaddr_un>.size)
        let number = listener.number
        let isBound = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe bind(number, $0, size) == 0 && listen(number, 8) == 0
            }
        }
        guard isBound else { throw SystemError("bind", folder.path) }
        accepting = try loop.watch(number, for: .read) { [unowned self] _ in accept() }
    }

    private func accept() {
        let number = Glibc.accept(listener.number, nil, nil)
        guard number >= 0 else { return }
        let connection = Connection(Descriptor(owning: number))
        let index = count
        count += 1
        connections.append(connection)
        connection.watch = try? loop.watch(number, for: .read) {
            [unowned self, unowned connection] _ in
            read(connection, index)
        }
    }

    private func read(_ connection: Connection, _ index: Int) {
        var piece = [UInt8](repeating: 0, count: 65_536)
        let count = unsafe piece.withUnsafeMutableBytes {
            unsafe Glibc.read(connection.descriptor.number, $0.baseAddress, $0.count)
        }
        guard count > 0 else { return close(connection) }
        connection.input += piece[..<count]
        while let words = connection.input.takeCommand() {
            guard let text = answer(index, words) ?? FakeRedis.greeting(words) else {
                return close(connection)
            }
            let bytes = Array(text.utf8)
            _ = unsafe bytes.withUnsafeBytes {
                unsafe send(
                    connection.descriptor.number, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
        }
    }

    private func close(_ connection: Connection) {
        connection.watch.take()?.cancel()
        connections.removeAll { $0 === connection }
    }

    private static func greeting(_ words: [String]) -> String? {
        switch words.first {
        case "CLIENT", "SELECT", "AUTH": return "+OK\r\n"
        case "INFO":
            let text = "redis_version:7.0.0\r\nrun_id:fake\r\nloading:0\r\nrole:master\r\n"
            return "$\(text.utf8.count)\r\n\(text)\r\n"
        case "CONFIG": return "*0\r\n"
        case "SCRIPT": return "$40\r\n\(String(repeating: "a", count: 40))\r\n"
        case "PING": return "+PONG\r\n"
        default: return nil
        }
    }
}

extension [UInt8] {
    /// Takes a whole command off the front, if one is there.
    fileprivate mutating func takeCommand() -> [String]? {
        var place = 0
        func number() -> Int? {
            guard let end = self[place...].firstIndex(of: 13), end + 1 < count else { return nil }
            let text = String(decoding: self[(place + 1)..<end], as: UTF8.self)
            place = end + 2
            return Int(text)
        }
        guard !isEmpty, let size = number() else { return nil }
        var words: [String] = []
        for _ in 0..<size {
            guard let length = number(), place + length + 2 <= count else { return nil }
            words.append(String(decoding: self[place..<place + length], as: UTF8.self))
            place += length + 2
        }
        removeFirst(place)
        return words
    }
}
