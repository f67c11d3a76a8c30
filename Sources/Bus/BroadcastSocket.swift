import CZeroMQ
import Reactor
import Telemetry
import Wire

/// One SUB socket on the loop: what an orchestrator publishes on the topics this process asked for.
/// It lives and dies with the link to that orchestrator, and decides nothing.
final class BroadcastSocket {
    let socket: Socket
    /// Whether broadcasts may be there.
    var isStirred = true
    private var watch: Watch?

    enum Limits {
        /// Above a broadcast's content and its envelope: a breach would make the socket a zombie.
        static let message: Int64 = 64 << 10
        /// Broadcasts this process may be behind; it loses what comes beyond them.
        static let pipe: Int32 = 1000
        static let batch = 64
    }

    init(
        _ endpoint: ClientEndpoint, topics: [String], key: KeyPair?, context: BusContext,
        loop: EventLoop, stirred: @escaping () -> Void
    ) throws {
        socket = try Socket(context, ZMQ_SUB)
        socket.setCommonOptions(largest: Limits.message)
        socket.set(ZMQ_RCVHWM, Limits.pipe)
        socket.set(ZMQ_RECONNECT_IVL, LinkSocket.Limits.reconnect)
        socket.set(ZMQ_RECONNECT_IVL_MAX, LinkSocket.Limits.longestReconnect)
        try socket.secure(endpoint, with: key)
        for topic in topics { try socket.set(ZMQ_SUBSCRIBE, topic) }
        watch = try loop.watch(socket.descriptor, for: [.read, .edge]) { [unowned self] _ in
            isStirred = true
            stirred()
        }
        try socket.connect(endpoint.address)
        stirred()
    }

    func close() {
        watch?.cancel()
        watch = nil
        socket.close()
    }
}

/// The topics a process asked for, found by the bytes of a frame without making a `String`.
struct TopicTable {
    let names: [String]
    private let numbers: [String: Int]
    private let bytes: [[UInt8]]
    private var last = 0

    init(_ names: [String]) {
        self.names = names
        bytes = names.map { Array($0.utf8) }
        numbers = Dictionary(zip(names, 0...)) { first, _ in first }
    }

    /// The topic with exactly these bytes. Subscriptions are beginnings: `b/cost` also brings
    /// `b/costs`, which nobody asked for.
    mutating func name(_ topic: RawSpan) -> String? {
        if last < bytes.count, isSame(topic, bytes[last]) { return names[last] }
        let text = unsafe topic.withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) }
        guard let number = numbers[text] else { return nil }
        last = number
        return names[number]
    }

    private func isSame(_ topic: RawSpan, _ name: [UInt8]) -> Bool {
        guard topic.byteCount == name.count else { return false }
        return unsafe topic.withUnsafeBytes { unsafe $0.elementsEqual(name) }
    }
}
