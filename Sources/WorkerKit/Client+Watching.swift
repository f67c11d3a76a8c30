import Telemetry
import Wire

/// Following a request from outside, whoever asked for it and wherever it is worked on.
extension Client {
    /// The events of a durable request, each once and in their order; the sequence ends with the
    /// request.
    ///
    /// ```swift
    /// for try await event in client.watch(id) { print(event.number, event.kind) }
    /// ```
    ///
    /// A lost connection is nothing to worry about: another orchestrator goes on where it broke.
    /// Stop reading to stop watching; the request goes on. An unknown id throws `not_found`, and so
    /// does one that ended so long ago that nothing is kept of it.
    ///
    /// - Parameter number: the first event that is wanted: one more than the last one seen.
    public func watch(
        _ id: String, from number: Int = 1
    ) -> AsyncThrowingStream<RequestEvent, any Error> {
        AsyncThrowingStream(bufferingPolicy: .bufferingOldest(Self.unreadEvents)) { stream in
            do {
                session.watch(try Name.checked(id), from: number, into: stream)
            } catch {
                stream.finish(throwing: error)
            }
        }
    }

    /// Events that wait for their reader; what comes beyond them is asked for again later.
    private static var unreadEvents: Int { 256 }
}

extension Session {
    nonisolated fileprivate func watch(
        _ id: String, from number: Int,
        into stream: AsyncThrowingStream<RequestEvent, any Error>.Continuation
    ) {
        let ticket = CallTicket()
        submit { session in
            ticket.number = session.watch(
                id, from: number,
                hand: { if case .enqueued = stream.yield($0) { true } else { false } },
                onEnd: { result in
                    switch result {
                    case .success: stream.finish()
                    case .failure(let error): stream.finish(throwing: error)
                    }
                })
        }
        stream.onTermination = { [self] _ in
            submit { $0.stopWatching(ticket.number) }
        }
    }
}
