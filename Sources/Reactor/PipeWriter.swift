import Glibc
import Telemetry

/// Writes to a pipe without ever waiting for it: what the other side does not take yet is held, up
/// to a limit. It owns the descriptor. The process must have called `EventLoop.prepareProcess`.
package final class PipeWriter {
    private let loop: EventLoop
    private let limit: Int
    private var descriptor: Descriptor?
    private var watch: Watch?
    private var held: [UInt8] = []
    private var sent = 0
    private var isFinished = false

    package init(_ descriptor: Descriptor, on loop: EventLoop, limit: Int = Limits.unsentBytes) {
        self.loop = loop
        self.limit = limit
        self.descriptor = descriptor
    }

    /// Bytes that were accepted and not yet taken by the other side.
    package var unsent: Int { held.count - sent }

    /// Takes all of the bytes, to be sent in order, or throws `pipeFull` and takes none of them.
    /// After `pipeClosed` nobody knows what the other side has read.
    package func send(_ bytes: [UInt8]) throws {
        loop.requireLoop()
        guard descriptor != nil, !isFinished else { throw closed() }
        guard bytes.count <= limit - unsent else {
            throw Fault(
                ReactorCode.pipeFull, "the other side of the pipe does not read; try again later",
                retry: .after(.milliseconds(100)))
        }
        held += bytes
        try flush()
    }

    /// Closes the pipe as soon as everything is sent.
    package func finish() {
        loop.requireLoop()
        isFinished = true
        if unsent == 0 { cancel() }
    }

    /// Closes the pipe at once.
    package func cancel() {
        watch.take()?.cancel()
        descriptor = nil
        held = []
        sent = 0
    }

    private func flush() throws {
        while let descriptor, unsent > 0 {
            let size = unsafe held.withUnsafeBytes { buffer in
                let rest = unsafe UnsafeRawBufferPointer(rebasing: buffer[sent...])
                return unsafe write(descriptor.number, rest.baseAddress, rest.count)
            }
            if size >= 0 {
                sent += size
            } else if errno == EAGAIN {
                return try waitUntilWritable(descriptor)
            } else if errno != EINTR {
                cancel()
                throw closed()
            }
        }
        watch.take()?.cancel()
        held.removeAll(keepingCapacity: held.capacity <= Limits.bytesPerRead)
        sent = 0
        if isFinished { cancel() }
    }

    private func waitUntilWritable(_ descriptor: Descriptor) throws {
        if sent > held.count / 2 {
            held.removeFirst(sent)
            sent = 0
        }
        guard watch == nil else { return }
        watch = try loop.watch(descriptor.number, for: .write) { [weak self] _ in
            // A pipe that broke is closed; the next send says so.
            try? self?.flush()
        }
    }

    private func closed() -> Fault {
        Fault(ReactorCode.pipeClosed, "the other side of the pipe is closed")
    }
}
