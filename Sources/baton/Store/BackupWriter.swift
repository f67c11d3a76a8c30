import Document
import Glibc
import Telemetry

/// Writes a backup beside its place, and puts it there with one rename when it is whole: nobody
/// ever finds a part under its name. Let go before that, it leaves nothing behind.
final class BackupWriter {
    private enum Limits {
        static let buffer = 1 << 20
    }

    private let path: String
    private let beside: String
    private var descriptor: Int32
    private var buffer: [UInt8] = []
    private var sum = Checksum()
    private var names: Set<[UInt8]> = []
    private(set) var head: BackupFormat.Head
    private let census: StoreCensus

    init(_ path: String, _ head: BackupFormat.Head) throws(Fault) {
        self.path = path
        self.head = head
        census = StoreCensus(prefix: head.prefix)
        beside = "\(path).\(getpid()).new"
        unsafe unlink(beside)
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW
        descriptor = unsafe open(beside, flags, 0o600)
        guard descriptor >= 0 else { throw cannotWrite() }
        // The place of the head, which is known at the end.
        try write([UInt8](repeating: 0, count: BackupFormat.headSize))
    }

    deinit {
        guard descriptor >= 0 else { return }
        close(descriptor)
        unsafe unlink(beside)
    }

    /// Redis may name a key twice while it is looked through: once is enough.
    func add(_ key: BackupFormat.Key) throws(Fault) {
        guard names.insert(key.name).inserted else { return }
        head.keys += 1
        head.bytes += key.content.count
        head.kinds[census.name(of: key.name), default: 0] += 1
        for piece in [BackupFormat.frame(of: key), key.name, key.content] {
            sum.add(piece)
            buffer += piece
        }
        if buffer.count >= Limits.buffer { try flush() }
    }

    func finish(at time: Int64) throws(Fault) {
        head.ended = time
        let first = try BackupFormat.bytes(of: head)
        sum.add(first)
        buffer += BackupFormat.foot(sum.value)
        try flush()
        let isHeadWritten = unsafe first.withUnsafeBytes { bytes in
            unsafe pwrite(descriptor, bytes.baseAddress, bytes.count, 0) == bytes.count
        }
        let isWritten = isHeadWritten && fsync(descriptor) == 0
        let isClosed = close(descriptor) == 0
        descriptor = -1
        guard isWritten, isClosed, unsafe rename(beside, path) == 0 else {
            let fault = cannotWrite()
            unsafe unlink(beside)
            throw fault
        }
    }

    private func flush() throws(Fault) {
        try write(buffer)
        buffer.removeAll(keepingCapacity: true)
    }

    private func write(_ bytes: [UInt8]) throws(Fault) {
        var written = 0
        while written < bytes.count {
            let count = unsafe bytes[written...].withUnsafeBytes { rest in
                unsafe Glibc.write(descriptor, rest.baseAddress, rest.count)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw cannotWrite() }
            written += count
        }
    }

    private func cannotWrite() -> Fault {
        Fault(Exit.cannotCreate, "cannot be written: \(SystemError.text()).", at: path)
    }
}
