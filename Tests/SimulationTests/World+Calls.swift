import Reactor
import Telemetry
import Wire

@testable import WorkerKit

/// What clients do in a world: they call, and change their minds.
extension World {
    /// A client asks for something.
    func call(
        _ client: Process, _ order: Order, _ delivery: Delivery, timeout: Duration,
        isPatient: Bool
    ) {
        numbers += 1
        let number = numbers
        guard var request = try? order.request(number) else { return fail("no request: \(order)") }
        trace.note("calls", "\(client.machine.label) \(delivery) \(order)", number)
        request.delivery = delivery
        request.timeout = timeout
        request.priority = UInt32(number % 4 == 0 ? number % 10 : 0)
        if order.isSpread { effectBook.spreads(number) }
        let asked = request
        let session = client.session
        let onEnd: @Sendable (Result<CallAnswer, Fault>) -> Void = { [unowned self] result in
            client.tickets[number] = nil
            ended(number, result, client)
        }
        client.machine.submit { [unowned self] in
            // A process that stands still calls when it goes on.
            clientBook.began(
                Call(
                    number: number, order: order, delivery: delivery,
                    client: client.machine.label, began: now, timeout: timeout,
                    isPatient: isPatient))
            client.tickets[number] = session.assumeIsolated { $0.start(asked, onEnd: onEnd) }
        }
    }

    private func ended(_ number: Int, _ result: Result<CallAnswer, Fault>, _ client: Process) {
        // A killed client hears nothing any more.
        guard client.machine.isAlive else { return }
        trace.note("is answered", client.machine.label, number)
        if let wrong = clientBook.ended(number, result, self) { fail(wrong) }
    }

    /// A client cancels one of its calls.
    func cancel(_ client: Process) {
        let numbers = client.tickets.keys.sorted()
        guard let number = numbers.randomElement(using: &random) else { return }
        clientBook.cancelled(number)
        trace.note("cancels", client.machine.label, number)
        let (session, ticket) = (client.session, client.tickets[number])
        client.machine.submit {
            session.assumeIsolated { $0.cancelCall(ticket) }
        }
    }
}
