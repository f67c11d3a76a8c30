import CCurl
import Reactor
import Telemetry

/// Owns the handle of curl that all transfers share, and puts it on the loop: curl says which
/// descriptors and which moment it waits for, the loop tells it when. All of it belongs on the
/// loop's thread.
///
/// curl is entered at `act`, `start` and `cancel` alone, never from within one of its callbacks.
@safe final class CurlMulti {
    private let loop: EventLoop
    private let handle: UnsafeMutableRawPointer
    private var watches: [Int32: Watch] = [:]
    private var timer: Timer?
    private var transfers: [UInt: CurlTransfer] = [:]
    private var isCollecting = false

    private static let global: CURLcode = curl_global_init(Int(CURL_GLOBAL_DEFAULT))

    init(on loop: EventLoop, _ limits: WebLimits) throws(Fault) {
        guard Self.global == CURLE_OK, let handle = unsafe curl_multi_init() else {
            throw Fault(WebCode.communication, "no memory for connections to the web")
        }
        unsafe self.handle = unsafe handle
        self.loop = loop
        let me = unsafe Unmanaged.passUnretained(self).toOpaque()
        unsafe baton_curl_drive(handle, me, CurlMulti.onSocket, CurlMulti.onTimer)
        unsafe baton_curl_multi_long(handle, CURLMOPT_MAXCONNECTS, limits.idleConnections)
    }

    deinit {
        unsafe baton_curl_drive(handle, nil, nil, nil)
        if loop.isOnLoop { for watch in watches.values { watch.cancel() } }
        for transfer in transfers.values {
            unsafe curl_multi_remove_handle(handle, transfer.handle)
        }
        transfers = [:]
        unsafe curl_multi_cleanup(handle)
    }

    /// Begins; `finished` is called in a later turn, unless it is cancelled.
    func start(_ transfer: CurlTransfer) throws(Fault) {
        transfers[Self.key(transfer)] = transfer
        guard unsafe curl_multi_add_handle(handle, transfer.handle) == CURLM_OK else {
            transfers[Self.key(transfer)] = nil
            throw Fault(WebCode.communication, "curl takes no more requests", retry: .now)
        }
    }

    /// Ends it, and its connection; `finished` is not called.
    func cancel(_ transfer: CurlTransfer) {
        guard transfers.removeValue(forKey: Self.key(transfer)) != nil else { return }
        unsafe curl_multi_remove_handle(handle, transfer.handle)
    }

    private static func key(_ transfer: CurlTransfer) -> UInt {
        unsafe UInt(bitPattern: transfer.handle)
    }

    // MARK: - Into curl

    private func act(_ descriptor: Int32, _ flags: Int32) {
        var running: Int32 = 0
        unsafe curl_multi_socket_action(handle, descriptor, flags, &running)
        collect()
    }

    private func collect() {
        guard !isCollecting else { return }
        isCollecting = true
        defer { isCollecting = false }
        var code = CURLE_OK
        while let ended = unsafe baton_curl_ended(handle, &code) {
            unsafe curl_multi_remove_handle(handle, ended)
            let key = UInt(bitPattern: ended)
            guard let transfer = transfers.removeValue(forKey: key) else { continue }
            transfer.finished(transfer.outcome(code))
        }
    }

    // MARK: - Out of curl

    private func wants(_ descriptor: Int32, _ what: Int32) {
        watches.removeValue(forKey: descriptor)?.cancel()
        var interest: Interest = []
        if what == CURL_POLL_IN || what == CURL_POLL_INOUT { interest.insert(.read) }
        if what == CURL_POLL_OUT || what == CURL_POLL_INOUT { interest.insert(.write) }
        guard !interest.isEmpty else { return }
        // Without a watch nothing comes, and the deadline ends it.
        watches[descriptor] = try? loop.watch(descriptor, for: interest) { [weak self] ready in
            var flags: Int32 = 0
            if ready.contains(.read) { flags |= CURL_CSELECT_IN }
            if ready.contains(.write) { flags |= CURL_CSELECT_OUT }
            self?.act(descriptor, flags)
        }
    }

    private func wants(after milliseconds: Int) {
        guard milliseconds >= 0 else {
            timer?.cancel()
            return
        }
        let delay = Duration.milliseconds(milliseconds)
        guard let timer else {
            timer = loop.timer(after: delay) { [weak self] in self?.act(CURL_SOCKET_TIMEOUT, 0) }
            return
        }
        timer.reset(after: delay)
    }

    private static let onSocket: curl_socket_callback = { _, descriptor, what, context, _ in
        guard let context = unsafe context else { return 0 }
        unsafe Unmanaged<CurlMulti>.fromOpaque(context).takeUnretainedValue()
            .wants(descriptor, what)
        return 0
    }

    private static let onTimer: curl_multi_timer_callback = { _, milliseconds, context in
        guard let context = unsafe context else { return 0 }
        unsafe Unmanaged<CurlMulti>.fromOpaque(context).takeUnretainedValue()
            .wants(after: milliseconds)
        return 0
    }
}
