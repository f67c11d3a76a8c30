package import Reactor
package import Telemetry

/// Asks servers of the web: names are looked up beside the loop, every address is checked before it
/// is connected to, redirects are followed here and checked as the first request was. The module
/// owns what leaves this machine by HTTP, and nothing leaves past the guard.
package actor WebClient {
    package typealias Outcome = Result<WebResponse, Fault>
    /// Takes a piece of a body, and the head that came before it.
    package typealias OnChunk = @Sendable (_ head: WebResponse, _ bytes: [UInt8]) -> Void

    /// One request from its begin to its end, over all its redirects.
    private struct Call {
        let request: WebRequest
        let onChunk: OnChunk?
        let end: CheckedContinuation<Outcome, Never>
        let deadline: Instant
        var hop: Hop
        var redirects = 0
        var timer: Timer?
        var transfer: CurlTransfer?
        /// Where the hop is asked, and the addresses that are still to be tried.
        var port = 0
        var addresses: [WebAddress] = []
        var isOpen = false
    }

    private nonisolated let loop: EventLoop
    private let settings: Settings
    private let names: HostNames
    private let multi: CurlMulti
    private var calls: [UInt64: Call] = [:]
    /// Those that wait for their turn, in order; one that has ended stands there in vain.
    private var line: [UInt64] = []
    private var open = 0
    private var last: UInt64 = 0

    /// - Parameter lookup: finds the addresses of names; it may block.
    package init(
        on loop: EventLoop, _ settings: Settings = Settings(),
        lookup: @escaping HostNames.Lookup = HostNames.system
    ) throws(Fault) {
        self.loop = loop
        self.settings = settings
        names = HostNames(loop, lookup: lookup)
        multi = try CurlMulti(on: loop, settings.limits)
    }

    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        unsafe loop.asUnownedSerialExecutor()
    }

    /// Asks, and gives the answer whatever its status is. A cancelled task ends the transfer.
    ///
    /// - Parameter onChunk: takes the body as it comes, on the loop; then the answer has none.
    package func send(
        _ request: WebRequest, onChunk: OnChunk? = nil
    ) async throws(Fault) -> WebResponse {
        let hop = try Hop(request)
        last += 1
        let number = last
        let outcome = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                begin(number, request, hop, onChunk, continuation)
            }
        } onCancel: {
            loop.submit { self.assumeIsolated { $0.cancel(number) } }
        }
        return try outcome.get()
    }

    // MARK: - One request

    private func begin(
        _ number: UInt64, _ request: WebRequest, _ hop: Hop, _ onChunk: OnChunk?,
        _ end: CheckedContinuation<Outcome, Never>
    ) {
        guard !Task.isCancelled else { return end.resume(returning: .failure(Self.cancelled)) }
        guard open < settings.limits.open || line.count < settings.limits.waiting else {
            let fault = Fault(
                WebCode.limit, "\(open) requests to the web are under way and more wait",
                retry: .after(.seconds(1)))
            return end.resume(returning: .failure(fault))
        }
        let timeout = min(request.timeout, settings.limits.longest)
        var call = Call(
            request: request, onChunk: onChunk, end: end, deadline: loop.now + timeout, hop: hop)
        call.timer = loop.timer(at: call.deadline) { [weak self] in
            self?.assumeIsolated { $0.runOut(number) }
        }
        calls[number] = call
        line.append(number)
        admit()
    }

    private func admit() {
        while open < settings.limits.open, !line.isEmpty {
            let number = line.removeFirst()
            guard calls[number] != nil else { continue }
            calls[number]?.isOpen = true
            open += 1
            look(number)
        }
    }

    private func end(_ number: UInt64, _ outcome: Outcome) {
        guard let call = calls.removeValue(forKey: number) else { return }
        call.timer?.cancel()
        if let transfer = call.transfer { multi.cancel(transfer) }
        if call.isOpen { open -= 1 } else { line.removeAll { $0 == number } }
        call.end.resume(returning: outcome)
        admit()
    }

    private func fail(_ number: UInt64, _ fault: Fault) { end(number, .failure(fault)) }

    private func cancel(_ number: UInt64) { fail(number, Self.cancelled) }

    private func runOut(_ number: UInt64) {
        guard let call = calls[number] else { return }
        let reason = "\(call.hop.url.origin) gave no answer within \(call.request.timeout)"
        fail(number, Fault(WebCode.timeout, reason))
    }

    private static let cancelled = Fault(WebCode.cancelled, "the request was cancelled")

    // MARK: - One hop

    /// Finds out where the hop leads, and checks it.
    private func look(_ number: UInt64) {
        guard let call = calls[number] else { return }
        let place = settings.guarding.place(for: call.hop.url)
        do throws(Fault) {
            try settings.guarding.check(place)
        } catch {
            return fail(number, error)
        }
        if let address = WebAddress(place.host) { return found([address], place, number) }
        names.find(place.host) { [weak self] texts in
            self?.assumeIsolated { $0.found(texts.compactMap(WebAddress.init), place, number) }
        }
    }

    private func found(_ addresses: [WebAddress], _ place: Detour.Place, _ number: UInt64) {
        guard calls[number] != nil else { return }
        do throws(Fault) {
            try settings.guarding.check(addresses, of: place)
        } catch {
            return fail(number, error)
        }
        calls[number]?.port = place.port
        calls[number]?.addresses = Array(addresses.prefix(settings.limits.addresses))
        connect(number)
    }

    private func connect(_ number: UInt64) {
        guard let call = calls[number], let address = call.addresses.first else { return }
        calls[number]?.addresses.removeFirst()
        let limits = settings.limits
        let order = CurlTransfer.Order(
            hop: call.hop, address: address, port: call.port, connect: limits.connect,
            caFile: settings.caFile,
            largestBody: min(call.request.largestBody ?? limits.body, limits.body),
            headerBytes: limits.headerBytes, headers: limits.headers,
            isFollowing: call.request.redirects > 0, onChunk: call.onChunk)
        do throws(Fault) {
            let transfer = try CurlTransfer(order) { [weak self] outcome in
                self?.assumeIsolated { $0.answered(number, outcome) }
            }
            calls[number]?.transfer = transfer
            try multi.start(transfer)
        } catch {
            fail(number, error)
        }
    }

    private func answered(_ number: UInt64, _ outcome: Outcome) {
        guard let call = calls[number] else { return }
        let reached = call.transfer?.hasConnected ?? false
        calls[number]?.transfer = nil
        switch outcome {
        case .failure where !reached && !call.addresses.isEmpty: connect(number)
        case .failure: end(number, outcome)
        case .success(let response): follow(response, number, call)
        }
    }

    private func follow(_ response: WebResponse, _ number: UInt64, _ call: Call) {
        guard call.request.redirects > 0, Hop.sendsOn(response.status),
            let location = response.headers["location"]
        else { return end(number, .success(response)) }
        let most = min(call.request.redirects, settings.limits.redirects)
        guard call.redirects < most else {
            return fail(
                number,
                Fault(
                    WebCode.limit,
                    "\(response.url.shown) sends on once more, after \(most) times"))
        }
        do throws(Fault) {
            calls[number]?.hop = try call.hop.next(response.status, location)
        } catch {
            return fail(number, error)
        }
        calls[number]?.redirects += 1
        look(number)
    }
}
