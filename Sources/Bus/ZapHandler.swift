import CZeroMQ
import Telemetry
import Wire

/// Answers ZeroMQ's questions about who may connect (RFC 27). It must be there before the first
/// bind.
final class ZapHandler {
    let socket: Socket
    private let gatekeeper: Gatekeeper
    private(set) var refused = 0

    init(_ context: BusContext, _ gatekeeper: Gatekeeper) throws(Fault) {
        self.gatekeeper = gatekeeper
        socket = try Socket(context, ZMQ_REP)
        socket.set(ZMQ_LINGER, Int32(0))
        try socket.bind("inproc://zeromq.zap.01")
    }

    func drain() {
        while let frames = socket.receiveAll() { answer(frames) }
    }

    private func answer(_ frames: [[UInt8]]) {
        let request = Question(frames)
        switch request.map(decide) ?? .deny("a malformed question") {
        case .allow(let identity): reply(request, status: "200", text: "OK", user: identity.name)
        case .deny(let reason):
            refused += 1
            // Never 300: libzmq would keep such a connection waiting for ever.
            reply(request, status: "400", text: reason, user: "")
        }
    }

    private func decide(_ question: Question) -> Gatekeeper.Decision {
        guard let door = Gatekeeper.Door(rawValue: question.domain) else {
            return .deny("an unknown door")
        }
        switch question.mechanism {
        case "NULL": return gatekeeper.decide(.nothing, at: door, from: question.address)
        case "CURVE":
            guard let key = Z85.encode(question.credential) else { return .deny("not a key") }
            return gatekeeper.decide(.key(key), at: door, from: question.address)
        default: return .deny("only CURVE is spoken here")
        }
    }

    private func reply(_ question: Question?, status: String, text: String, user: String) {
        let frames = ["1.0", question?.id ?? "", status, text, user]
        for frame in frames { _ = socket.send(frame, more: true) }
        _ = socket.send("")
    }

    /// version, request id, domain, address, routing id, mechanism, credentials
    private struct Question {
        let id: String
        let domain: String
        let address: String
        let mechanism: String
        let credential: [UInt8]

        init?(_ frames: [[UInt8]]) {
            guard frames.count >= 6 else { return nil }
            func text(_ index: Int) -> String { String(decoding: frames[index], as: UTF8.self) }
            id = text(1)
            domain = text(2)
            address = text(3)
            mechanism = text(5)
            credential = frames.count > 6 ? frames[6] : []
        }
    }
}

/// ZeroMQ's text form of keys.
enum Z85 {
    static func encode(_ bytes: [UInt8]) -> String? {
        guard bytes.count == 32 else { return nil }
        var text = [CChar](repeating: 0, count: 41)
        guard unsafe zmq_z85_encode(&text, bytes, bytes.count) != nil else { return nil }
        return String(decoding: text.prefix(40).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
