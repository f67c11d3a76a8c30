import Document
import Glibc
import Telemetry

/// Reads a backup key by key. It is looked through to its end before anything of it is handed out,
/// so that a damaged one is noticed while nothing has been done yet.
final class BackupReader {
    let path: String
    let head: BackupFormat.Head
    private let descriptor: Int32
    private let first: [UInt8]
    private var buffer: [UInt8] = []
    private var place = 0
    private var read = 0

    init(_ path: String) throws(Fault) {
        self.path = path
        // Without O_NONBLOCK a named pipe without a writer would hold us for ever.
        descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        var status = stat()
        guard descriptor >= 0, unsafe fstat(descriptor, &status) == 0 else {
            let reason = SystemError.text()
            if descriptor >= 0 { close(descriptor) }
            throw Fault(Exit.noInput, "cannot be opened: \(reason).", at: path)
        }
        do throws(Fault) {
            guard status.st_mode & S_IFMT == S_IFREG else {
                throw Fault(Exit.noInput, "is not a regular file.", at: path)
            }
            first = Self.first(descriptor)
            head = try BackupFormat.head(first, at: path)
        } catch {
            close(descriptor)
            throw error
        }
    }

    deinit { close(descriptor) }

    /// Reads it all once, and goes back to the first key.
    func check() throws(Fault) {
        var (sum, bytes, prefix) = (Checksum(), 0, Array(head.prefix.utf8))
        for _ in 0..<head.keys {
            let key = try next()
            guard key.name.starts(with: prefix) else { throw BackupFormat.damaged(path) }
            for piece in [BackupFormat.frame(of: key), key.name, key.content] { sum.add(piece) }
            bytes += key.content.count
        }
        prefix = try take(BackupFormat.footSize)
        sum.add(first)
        let isWhole = prefix == BackupFormat.foot(sum.value) && bytes == head.bytes
        guard isWhole, try isAtEnd() else { throw BackupFormat.damaged(path) }
        (buffer, place, read) = ([], 0, BackupFormat.headSize)
    }

    func next() throws(Fault) -> BackupFormat.Key {
        guard let sizes = BackupFormat.sizes(try take(BackupFormat.frameSize)) else {
            throw BackupFormat.damaged(path)
        }
        return BackupFormat.Key(
            name: try take(sizes.name), end: sizes.end, content: try take(sizes.content))
    }

    // MARK: - Bytes

    private static func first(_ descriptor: Int32) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: BackupFormat.headSize)
        let count = unsafe pread(descriptor, &bytes, bytes.count, 0)
        return Array(bytes.prefix(max(0, count)))
    }

    private func take(_ count: Int) throws(Fault) -> [UInt8] {
        if read == 0 { read = BackupFormat.headSize }
        while buffer.count - place < count {
            guard try fill() else { throw BackupFormat.damaged(path) }
        }
        defer { place += count }
        return Array(buffer[place..<place + count])
    }

    private func isAtEnd() throws(Fault) -> Bool {
        guard place == buffer.count else { return false }
        return try !fill()
    }

    /// Reads on; false at the end of the file.
    private func fill() throws(Fault) -> Bool {
        buffer.removeFirst(place)
        place = 0
        var chunk = [UInt8](repeating: 0, count: 1 << 20)
        let count = unsafe pread(descriptor, &chunk, chunk.count, off_t(read))
        guard count >= 0 else {
            throw Fault(Exit.noInput, "cannot be read: \(SystemError.text()).", at: path)
        }
        buffer += chunk.prefix(count)
        read += count
        return count > 0
    }
}
