import Glibc

/// Reads lines from a pipe as they come. It owns the descriptor until the end, and never holds more
/// than one line of the allowed length.
package final class LineReader {
    package enum Event: Equatable {
        case line(LineSplitter.Line)
        /// The other side is closed; nothing comes after this.
        case end
    }

    private let loop: EventLoop
    private let handler: (Event) -> Void
    private var descriptor: Descriptor?
    private var watch: Watch?
    private var splitter: LineSplitter

    /// - Parameter descriptor: non-blocking, and nobody else reads from it.
    package init(
        _ descriptor: Descriptor, on loop: EventLoop, limit: Int = Limits.lineBytes,
        _ handler: @escaping (Event) -> Void
    ) throws {
        self.loop = loop
        self.handler = handler
        self.descriptor = descriptor
        self.splitter = LineSplitter(limit: limit)
        try resume()
    }

    /// Stops reading, so that the other side has to wait; lines that were read already still come.
    package func pause() {
        watch.take()?.cancel()
    }

    package func resume() throws {
        guard watch == nil, let descriptor else { return }
        watch = try loop.watch(descriptor.number, for: .read) { [weak self] _ in self?.readOnce() }
    }

    /// Closes the descriptor. Nothing is delivered any more.
    package func cancel() {
        pause()
        descriptor = nil
    }

    private func readOnce() {
        guard let descriptor else { return }
        var failure: Int32 = 0
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: Limits.bytesPerRead) {
            buffer, count in
            let size = unsafe read(descriptor.number, buffer.baseAddress, buffer.count)
            failure = size < 0 ? errno : 0
            count = max(0, size)
        }
        if failure == EAGAIN || failure == EINTR { return }
        guard bytes.isEmpty else { return deliver(bytes) }
        if let last = splitter.finish() { handler(.line(last)) }
        guard self.descriptor != nil else { return }
        cancel()
        handler(.end)
    }

    private func deliver(_ bytes: [UInt8]) {
        splitter.append(bytes) { line in
            if descriptor != nil { handler(.line(line)) }
        }
    }
}
