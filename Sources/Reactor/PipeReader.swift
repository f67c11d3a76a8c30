import Glibc

/// Gathers what comes out of a pipe, up to a limit, until its other end is closed. It owns the
/// descriptor.
package final class PipeReader {
    private let limit: Int
    private let ended: (_ isTooMuch: Bool) -> Void
    private var descriptor: Descriptor?
    private var watch: Watch?
    package private(set) var bytes: [UInt8] = []

    /// - Parameters:
    ///   - descriptor: non-blocking, and nobody else reads from it.
    ///   - ended: is called once, when all has come or more than the limit.
    package init(
        _ descriptor: Descriptor, on loop: EventLoop, limit: Int,
        ended: @escaping (_ isTooMuch: Bool) -> Void
    ) throws {
        (self.limit, self.ended, self.descriptor) = (limit, ended, descriptor)
        watch = try loop.watch(descriptor.number, for: .read) { [weak self] _ in self?.readOnce() }
    }

    /// Closes the descriptor; `ended` is not called any more.
    package func cancel() {
        watch.take()?.cancel()
        descriptor = nil
    }

    private func readOnce() {
        guard let descriptor else { return }
        var room = [UInt8](repeating: 0, count: Limits.bytesPerRead)
        let size = unsafe read(descriptor.number, &room, room.count)
        if size < 0, errno == EAGAIN || errno == EINTR { return }
        let isTooMuch = size > limit - bytes.count
        bytes += room.prefix(max(0, min(size, limit - bytes.count)))
        guard size <= 0 || isTooMuch else { return }
        cancel()
        ended(isTooMuch)
    }
}
