import Bus
import Document
import Reactor
import Telemetry
import Wire

@testable import WorkerKit

/// Somebody who broadcasts over and over, until whoever should hear it has: a subscription needs
/// its time to arrive.
final class Announcer {
    private var bus: BusClient?
    private var timer: Reactor.Timer?
    private let loop: EventLoop
    private(set) var sent = 0
    private var link: LinkID?

    init(_ fixture: BusFixture, to receiver: String, _ content: String = "\"hi\"") throws {
        loop = fixture.loop
        bus = try BusClient(
            ClientEndpoint.parse("ipc://\(fixture.socket)"), routingID: "announcer.1", key: nil,
            context: BusContext(), loop: loop,
            handler: BusClient.Handler(
                hello: { _ in (try? JSON.encode(Hello(role: .client, session: "s"))) ?? [] },
                up: { [unowned self] link, _ in self.link = self.link ?? link },
                down: { _ in }, received: { _, _, _ in }, failed: { _, _ in }, settled: {}))
        timer = loop.timer(after: .zero) { [unowned self] in
            announce(receiver, content)
            timer?.reset(after: .milliseconds(1))
        }
    }

    func close() {
        timer?.cancel()
        bus?.close()
    }

    private func announce(_ receiver: String, _ content: String) {
        guard let link, let bus, bus.isLive(link) else { return }
        sent += 1
        var envelope = Envelope(.broadcast)
        envelope.messageID = "m\(sent)"
        envelope.receiver = receiver
        let bytes = envelope.encoded()
        _ = unsafe bytes.withUnsafeBytes {
            unsafe bus.send($0, ContentBytes(Array(content.utf8)), to: link)
        }
    }
}
