import Glibc
import Telemetry

/// Where the bytes of a recording come from: a file that is read in pieces, or memory in tests.
protocol RecordingSource: AnyObject {
    var size: Int { get }
    /// At most so many bytes from a place; fewer at the end.
    func read(_ count: Int, at offset: Int) throws(Fault) -> ArraySlice<UInt8>
}

/// A file, of which one piece is kept: who reads on finds the next bytes there.
final class RecordingFile: RecordingSource {
    private static let piece = 1 << 20

    let size: Int
    private let path: String
    private let descriptor: Int32
    private var piece: [UInt8] = []
    private var start = 0

    init(path: String) throws(Fault) {
        self.path = path
        // Without O_NONBLOCK a named pipe without a writer would hold us for ever.
        descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            size = 0
            throw Fault(Exit.noInput, "cannot be opened: \(SystemError.text()).", at: path)
        }
        var status = stat()
        let isKnown = unsafe fstat(descriptor, &status) == 0
        size = isKnown ? Int(status.st_size) : 0
        guard isKnown, status.st_mode & S_IFMT == S_IFREG else {
            throw Fault(Exit.noInput, "is not a regular file.", at: path)
        }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    func read(_ count: Int, at offset: Int) throws(Fault) -> ArraySlice<UInt8> {
        guard count > 0, offset >= 0, offset < size else { return [] }
        let count = min(count, size - offset)
        if offset < start || offset + count > start + piece.count {
            piece = try load(max(count, Self.piece), offset)
            start = offset
        }
        let first = offset - start
        return piece[min(first, piece.count)..<min(first + count, piece.count)]
    }

    private func load(_ count: Int, _ offset: Int) throws(Fault) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: min(count, size - offset))
        var filled = 0
        while filled < bytes.count {
            let room = bytes.count - filled
            let count = unsafe bytes.withUnsafeMutableBytes { buffer in
                let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[filled...])
                return unsafe pread(descriptor, rest.baseAddress, room, off_t(offset + filled))
            }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else {
                throw Fault(Exit.noInput, "cannot be read: \(SystemError.text()).", at: path)
            }
            // Somebody made it shorter while it was read.
            if count == 0 { break }
            filled += count
        }
        return Array(bytes.prefix(filled))
    }
}

/// A recording in memory.
final class RecordingBytes: RecordingSource {
    private let bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var size: Int { bytes.count }

    func read(_ count: Int, at offset: Int) throws(Fault) -> ArraySlice<UInt8> {
        guard count > 0, offset >= 0, offset < size else { return [] }
        return bytes[offset..<offset + min(count, size - offset)]
    }
}
