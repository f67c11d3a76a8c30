import CHiredis
import Glibc
import Reactor
import Telemetry

/// Owns one `redisAsyncContext` from its attempt to connect until its end, and puts it on the loop.
/// Another attempt is another connection.
///
/// hiredis frees the context by itself after an error, and says so by its cleanup hook: from then
/// on it is never touched. It is entered at two places only, `enter` and `release`; its callbacks
/// come from within `enter`, which keeps this object alive meanwhile. Of the replies hiredis hands
/// out none belongs to a command here: they come in the order of the commands, and whoever sends
/// keeps the queue.
@safe final class RedisConnection {
    struct Handlers {
        var connected: () -> Void
        /// Takes a reply; nil for one that cannot be used. Tells whether it answers a command.
        var received: (RedisReply?) -> Bool
        /// The connection has ended by itself; nothing comes after this.
        var ended: (String) -> Void
    }

    private let loop: EventLoop
    private let handlers: Handlers
    private var context: UnsafeMutablePointer<redisAsyncContext>?
    private var reading: Watch?
    private var writing: Watch?
    private var flushing: Hook?
    private var isConnected = false
    /// Whether hiredis is at work further up the stack.
    private var isInside = false
    private var isWriting = false
    private var hasUnsent = false
    private var isEnded = false
    private var reason = "the connection was closed"

    init(on loop: EventLoop, _ handlers: Handlers) {
        unsafe self.context = nil
        self.loop = loop
        self.handlers = handlers
    }

    deinit { release() }

    // MARK: - Verbs

    /// Begins to connect.
    func open(_ place: RedisEndpoint.Place) throws(Fault) {
        let begun =
            switch place {
            case .unix(let path): unsafe baton_redis_connect(path, 0)
            case .tcp(let host, let port): unsafe baton_redis_connect(host, Int32(port))
            case .sentinels:
                throw Fault(StoreCode.address, "Sentinels keep no data themselves")
            }
        guard let context = unsafe begun else {
            throw Fault(StoreCode.unreachable, "no memory for a connection", retry: .now)
        }
        if let error = unsafe baton_redis_error(context) {
            let text = unsafe String(cString: error)
            unsafe redisAsyncFree(context)
            throw Fault(StoreCode.unreachable, text, retry: .now)
        }
        // A program that this process starts must not inherit the session.
        _ = unsafe fcntl(context.pointee.c.fd, F_SETFD, FD_CLOEXEC)
        unsafe self.context = unsafe context
        unsafe attach(context)
    }

    /// Sends a command: its first part, which must hold the name and end with a zero byte that is
    /// not sent, and the rest as it travels. False where it cannot be sent; then nothing was.
    func send(_ first: [UInt8], _ rest: [UInt8] = []) -> Bool {
        guard let context = unsafe context, !isEnded, first.count > 1 else { return false }
        let me = unsafe Unmanaged.passUnretained(self).toOpaque()
        let begun = unsafe first.withUnsafeBytes { bytes in
            let start = unsafe bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
            return unsafe redisAsyncFormattedCommand(
                context, replied, me, start, bytes.count - 1)
        }
        guard begun == REDIS_OK else { return false }
        guard !rest.isEmpty else { return true }
        let added = unsafe rest.withUnsafeBytes { bytes in
            let start = unsafe bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
            return unsafe baton_redis_append(context, start, bytes.count)
        }
        // Half a command is in the buffer, and must never be followed by another.
        if added != REDIS_OK { end() }
        return added == REDIS_OK
    }

    /// Ends it without a word; no handler is called any more.
    func end() {
        isEnded = true
        if !isInside { release() }
    }

    // MARK: - Into hiredis

    private func enter(_ body: (UnsafeMutablePointer<redisAsyncContext>) -> Void) {
        guard let context = unsafe context, !isInside else { return }
        isInside = true
        unsafe body(context)
        isInside = false
        if isEnded {
            release()
        } else if unsafe self.context == nil {
            isEnded = true
            handlers.ended(reason)
        }
    }

    private func read() {
        unsafe enter { unsafe redisAsyncHandleRead($0) }
    }

    private func write() {
        isWriting = true
        hasUnsent = false
        unsafe enter { unsafe redisAsyncHandleWrite($0) }
        isWriting = false
    }

    private func release() {
        forget()
        guard let context = unsafe context.take() else { return }
        unsafe baton_redis_silence(context)
        unsafe redisAsyncFree(context)
    }

    private func forget() {
        let watches = [reading.take(), writing.take()]
        let hook = flushing.take()
        guard loop.isOnLoop else { return }
        for watch in watches { watch?.cancel() }
        hook?.cancel()
    }

    // MARK: - Out of hiredis

    private func watchReads() {
        guard reading == nil, let context = unsafe context else { return }
        reading = watch(unsafe context.pointee.c.fd, .read) { $0.read() }
    }

    /// What is sent in a tick leaves at its end, in one go. The descriptor is watched only while
    /// connecting, and when the kernel takes no more.
    private func watchWrites() {
        guard writing == nil, let context = unsafe context else { return }
        guard isConnected, !isWriting else {
            writing = watch(unsafe context.pointee.c.fd, .write) { $0.write() }
            return
        }
        guard !hasUnsent else { return }
        hasUnsent = true
        // A command given at the end of the tick, after this one's turn there, has the loop come
        // round again.
        loop.submit {}
    }

    private func watch(
        _ descriptor: Int32, _ interest: Interest, _ ready: @escaping (RedisConnection) -> Void
    ) -> Watch? {
        do {
            return try loop.watch(descriptor, for: interest) { [weak self] _ in
                if let self { ready(self) }
            }
        } catch {
            // Without a watch nothing comes, and the deadline ends it.
            reason = "\(error)"
            return nil
        }
    }

    private func unwatchWrites() { writing.take()?.cancel() }
    private func unwatchReads() { reading.take()?.cancel() }

    private func connected() {
        isConnected = true
        guard let context = unsafe context else { return }
        var one: Int32 = 1
        let size = socklen_t(MemoryLayout<Int32>.size)
        // Fails on sockets of the file system, which have no delay.
        unsafe setsockopt(context.pointee.c.fd, Int32(IPPROTO_TCP), TCP_NODELAY, &one, size)
        flushing = loop.beforeSleep { [weak self] in
            if let self, hasUnsent { write() }
        }
        reserve()
        handlers.connected()
    }

    /// Keeps one more reply expected than commands were sent.
    private func reserve() {
        guard let context = unsafe context else { return }
        let me = unsafe Unmanaged.passUnretained(self).toOpaque()
        _ = unsafe baton_redis_expect(context, replied, me)
    }

    fileprivate func received(_ reply: UnsafeMutableRawPointer) {
        let isAnswer = isEnded ? false : handlers.received(unsafe RedisReply(reading: reply))
        if !isAnswer { reserve() }
    }

    private func cleanUp() {
        if let context = unsafe context, let error = unsafe baton_redis_error(context) {
            reason = unsafe String(cString: error)
        }
        unsafe context = nil
        forget()
    }

    // MARK: - The hooks

    private func attach(_ context: UnsafeMutablePointer<redisAsyncContext>) {
        unsafe context.pointee.ev.data = unsafe Unmanaged.passUnretained(self).toOpaque()
        unsafe context.pointee.ev.addRead = { unsafe connection($0)?.watchReads() }
        unsafe context.pointee.ev.delRead = { unsafe connection($0)?.unwatchReads() }
        unsafe context.pointee.ev.addWrite = { unsafe connection($0)?.watchWrites() }
        unsafe context.pointee.ev.delWrite = { unsafe connection($0)?.unwatchWrites() }
        unsafe context.pointee.ev.cleanup = { unsafe connection($0)?.cleanUp() }
        // It also asks for the first write, by which hiredis learns that it is connected.
        unsafe redisAsyncSetConnectCallback(context) { context, status in
            guard let context = unsafe context, status == REDIS_OK else { return }
            unsafe connection(context.pointee.ev.data)?.connected()
        }
    }
}

/// A pending command of a connection that ends gets no reply; its owner is told of the end.
private func replied(
    _: UnsafeMutablePointer<redisAsyncContext>?, reply: UnsafeMutableRawPointer?,
    me: UnsafeMutableRawPointer?
) {
    guard let reply = unsafe reply else { return }
    unsafe connection(me)?.received(reply)
}

/// Who stands behind the pointer that hiredis keeps. Only `enter` lets it call back, and the
/// pointer is taken away before the object goes.
private func connection(_ pointer: UnsafeMutableRawPointer?) -> RedisConnection? {
    guard let pointer = unsafe pointer else { return nil }
    return unsafe Unmanaged<RedisConnection>.fromOpaque(pointer).takeUnretainedValue()
}
