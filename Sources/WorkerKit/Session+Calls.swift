import Bus
import Reactor
package import Telemetry
import Wire

/// Calling agents: a request goes out over any live link and waits in the table for its answer.
extension Session {
    /// Calls and waits. Cancelling the Swift task tells the orchestrator to stop the work.
    package func call(
        _ request: CallRequest, onNews: (@Sendable (CallNews) -> Void)? = nil
    ) async throws -> CallAnswer {
        let ticket = CallTicket()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                ticket.number = start(request, onNews: onNews) { result in
                    continuation.resume(with: result)
                }
                if Task.isCancelled { cancelCall(ticket.number) }
            }
        } onCancel: {
            submit { $0.cancelCall(ticket.number) }
        }
    }

    /// Calls, and tells the end by a closure, which is called once. Gives back a number to cancel
    /// by.
    @discardableResult
    package func start(
        _ request: CallRequest, onNews: ((CallNews) -> Void)? = nil,
        onEnd: @escaping (Result<CallAnswer, Fault>) -> Void
    ) -> UInt64? {
        if let fault = failure ?? refusal(of: request) {
            onEnd(.failure(fault))
            return nil
        }
        var request = request
        if request.delivery == .durable, request.requestID.isEmpty {
            requestCount += 1
            request.requestID = "\(requestPrefix)-\(String(requestCount, radix: 36))"
        }
        let deadline = loop.now.advanced(by: request.patience ?? request.timeout)
        guard
            let slot = calls.add(request, deadline: deadline, onNews: onNews, onEnd: onEnd)
        else {
            onEnd(.failure(Self.tooMany))
            return nil
        }
        lookSooner(deadline)
        if let link = link(for: request) { send(slot, over: link) }
        return calls.number(slot)
    }

    /// Ends a call before its answer and lets the orchestrator stop the work.
    func cancelCall(_ number: UInt64?) {
        guard let number, let slot = calls.slot(number) else { return }
        let call = calls[slot]
        if let link = call.link, let request = call.request {
            let id = request.requestID.isEmpty ? calls.messageID(slot) : request.requestID
            let delivery = request.delivery
            _ = bus?.send(to: link) { writer in
                writer.begin(.cancel)
                writer.text(.requestID, id)
                if delivery != .durable { writer.delivery(delivery) }
            }
        }
        calls.end(slot)?(.failure(Fault(WireCode.cancelled, "the call was cancelled")))
    }

    private static let tooMany = Fault(
        WireCode.busy, "\(CallTable.limit) calls are in hand: wait for some to end",
        retry: .after(.milliseconds(50)))

    private func refusal(of request: CallRequest) -> Fault? {
        guard request.content.count <= WireLimits.content else {
            return Fault(
                WireCode.tooLarge,
                "the content has \(request.content.count) bytes, more than \(WireLimits.content)"
            )
        }
        // What does not fit into an envelope would be refused without a word about which call it
        // was.
        guard request.headers.count <= WireLimits.headers,
            request.headerBytes <= WireLimits.headerBytes
        else {
            return Fault(
                WireCode.header,
                "a call has at most \(WireLimits.headers) headers in"
                    + " \(WireLimits.headerBytes) bytes")
        }
        guard request.timeout > .zero else {
            return Fault(WireCode.deadline, "no time is left for a call of \(request.who)")
        }
        return nil
    }

    // MARK: - Sending

    /// The way a call takes: that of the task it is made from while it is up, else any.
    private func link(for request: CallRequest) -> LinkID? {
        if let home = home(of: request)?.link, bus?.isLive(home) == true { return home }
        return bus?.anyLink()
    }

    /// Whom the task is done for that the call is made from.
    private func home(of request: CallRequest) -> TaskHome? {
        request.origin.flatMap { desk?.tasks[$0]?.context.home }
    }

    private func send(_ slot: Int, over link: LinkID) {
        guard let request = calls[slot].request else { return }
        let id = calls.messageID(slot)
        let home = home(of: request)
        let dispatch = home?.link == link ? home?.dispatch : nil
        let sent = send(request.content.content, to: link, tiedBy: id) { writer in
            request.write(&writer, id: id, dispatch: dispatch)
        }
        guard sent else { return }
        calls[slot].link = link
        expectAcceptance(slot)
    }

    /// Sends what waited for a link.
    func sendUnsent() {
        guard calls.count > 0 else { return }
        for slot in calls.unsent {
            guard let request = calls[slot].request, let link = link(for: request) else { return }
            send(slot, over: link)
        }
    }

    /// A link went down: durable calls go to another with the same id, volatile ones are lost with
    /// it.
    func recallCalls(from link: LinkID) {
        for slot in calls.sent(over: link) {
            guard calls[slot].request?.delivery == .durable else {
                calls.end(slot)?(.failure(Self.connectionLost))
                continue
            }
            calls[slot].link = nil
            calls[slot].recalled = loop.now
        }
        sendUnsent()
    }

    private static let connectionLost = Fault(
        WireCode.lost, "the connection was lost before the answer", retry: .now)

    // MARK: - Answers

    func answered(_ message: borrowing EnvelopeView, _ content: any Content) {
        guard let slot = calls.slot(correlation: message.span(.correlationID)) else {
            return calls.noteStray()
        }
        conclude(slot, message, RawContent(content, contentType: message[.contentType]))
    }

    /// ACCEPTED: the last word about a notification, and only a promise about anything else.
    func accepted(_ message: borrowing EnvelopeView) {
        guard let slot = calls.slot(correlation: message.span(.correlationID)) else { return }
        if calls[slot].request?.kind == .notification {
            conclude(slot, message, RawContent([]))
        } else {
            calls[slot].again = .distantFuture
            calls[slot].isAccepted = true
            calls[slot].refusal = nil
        }
    }

    private func conclude(
        _ slot: Int, _ message: borrowing EnvelopeView, _ content: RawContent
    ) {
        var id = calls[slot].request?.requestID ?? ""
        if id.isEmpty { id = message[.requestID] }
        if id.isEmpty { id = calls.messageID(slot) }
        let answer = CallAnswer(
            content: content, delivery: message.delivery, sender: message[.sender], requestID: id)
        calls.end(slot)?(.success(answer))
    }

    func refused(_ message: borrowing EnvelopeView, _ link: LinkID) {
        let error =
            (try? message.error()) ?? WireError(code: "internal", message: "no reason given")
        guard let slot = calls.slot(correlation: message.span(.correlationID)) else {
            if !watchRefused(message, error), !effectRefused(message, error),
                !hasMoved(message, error, link)
            {
                logRefused(message, error)
            }
            return
        }
        if calls[slot].request?.kind == .cancel, error.code == WireCode.cancelled.rawValue {
            return conclude(slot, message, RawContent([]))
        }
        if isElsewhere(slot, than: link, error) || mayTryAgain(slot, error)
            || comesBack(slot, after: error)
        {
            return
        }
        calls.end(slot)?(.failure(error.fault))
    }

    /// A call that moved to another orchestrator waits a little for the workers to follow it.
    private func mayTryAgain(_ slot: Int, _ error: WireError) -> Bool {
        guard error.code == WireCode.unavailable.rawValue, error.retryAfter == 0,
            let recalled = calls[slot].recalled, loop.now - recalled < .seconds(5)
        else { return false }
        calls[slot].link = nil
        lookSooner(loop.now + .milliseconds(100))
        return true
    }

    func partial(_ message: borrowing EnvelopeView, _ content: any Content) {
        guard let slot = calls.slot(correlation: message.span(.correlationID)) else { return }
        let piece = RawContent(content, contentType: message[.contentType])
        calls[slot].onNews?(.partial(piece))
    }

    func progressed(_ message: borrowing EnvelopeView, _ content: any Content) {
        guard let slot = calls.slot(correlation: message.span(.correlationID)),
            let onNews = calls[slot].onNews
        else { return }
        onNews(
            .progress(
                CallProgress(
                    sender: message[.sender], step: Int(message.step),
                    note: RawContent(content, contentType: message[.contentType]))))
    }

    // MARK: - Ends

    func expireCalls() {
        for slot in calls.takeLook(at: loop.now) {
            let reason = overdue(calls[slot])
            calls.end(slot)?(.failure(Fault(WireCode.deadline, reason)))
        }
        calls.takeRepeats(at: loop.now)
        // What a full pipe or a lost link has left unsent is tried again with every look.
        if calls.count > 0 { sendUnsent() }
    }

    /// Whose fault it is that a call has no answer, as far as it can be known here.
    private func overdue(_ call: CallTable.Call) -> String {
        let who = call.request?.who ?? ""
        if let refusal = call.refusal { return "the call of \(who) was not accepted: \(refusal)" }
        if call.link == nil { return "no orchestrator could be reached in time" }
        guard call.request?.delivery == .durable, !call.isAccepted else {
            return "\(who) did not answer in time"
        }
        return "nobody has said that the call of \(who) is kept; the store may not answer"
    }

    /// A task is over: nobody waits for what it asked others to do.
    func cancelCalls(of task: TaskTable.Key) {
        for slot in calls.made(by: task) { cancelCall(calls.number(slot)) }
    }

    func endCalls(_ fault: Fault) {
        for slot in calls.all { calls.end(slot)?(.failure(fault)) }
    }
}

/// Carries a call's number from where it starts to where it may be cancelled.
// SAFETY: both places run on the loop's thread; `submit` sees to it.
final class CallTicket: @unchecked Sendable {
    var number: UInt64?
}
