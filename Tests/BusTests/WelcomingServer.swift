import Document
import Glibc
import Reactor
import Telemetry
import Wire

@testable import Bus

/// A bus server that welcomes whoever says HELLO, and does nothing else.
final class WelcomingServer {
    private var server: BusServer?
    var address: String { server?.endpoints.bus ?? "" }

    /// - Parameter allowed: by public key; without a key of its own everybody is let in.
    init(
        _ context: BusContext, _ loop: EventLoop, name: String = "o1",
        at address: String = "tcp://127.0.0.1:0", key: KeyPair? = nil,
        allowed: [String: Identity] = [:]
    ) throws {
        let welcome = Welcome(
            orchestrator: name, cluster: "c", version: "1", epoch: "1", orchestrators: [],
            limits: .init(), liveness: .init(ping: 1000, dead: 4000))
        let content = ContentBytes(try JSON.encode(welcome))
        let (prefix, _) = try ServerEndpoints.split(address)
        server = try BusServer(
            ServerEndpoints(bus: address, broadcast: "\(prefix):0", tap: "\(prefix):0", key: key),
            Gatekeeper(allowed: allowed, isOpen: key == nil, user: getuid()), context: context,
            loop: loop,
            handler: BusServer.Handler(
                joined: { _, _, _ in },
                received: { [unowned self] view, _, peer in
                    guard view.type == .hello else { return }
                    let envelope = Envelope(.welcome).encoded()
                    unsafe envelope.withUnsafeBytes {
                        unsafe server?.send(to: peer, envelope: $0, content)
                    }
                },
                malformed: { _, _ in }, left: { _ in }, settled: {}))
    }

    func close() {
        server?.close()
        server = nil
    }
}
