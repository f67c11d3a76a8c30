import Glibc
import Telemetry
import Wire

/// Writes a recording: events as they come into one file, and at the end an index.
///
/// Events are collected and written in large pieces; `flush` writes what there is, so that a
/// process that is killed loses no more than what came since. A file without its end can be read.
/// No two writers may share a file.
final class RecordingWriter {
    private static let piece = 256 << 10

    private let path: String
    private var descriptor: Int32
    private var index: RecordingIndex
    private var buffer: [UInt8] = []
    /// Used again for each event.
    private var body: [UInt8] = []
    /// Where the next record begins.
    private var offset: UInt64 = 0

    /// How many events were taken.
    var events: UInt64 { index.events }
    /// How long the file is, with what is still to be written.
    var size: UInt64 { offset }

    /// - Parameters:
    ///   - replacing: whether a file that is there may be written over.
    ///   - note: what there is to know about the recording, for people.
    init(
        path: String, replacing: Bool, note: String = "",
        limits: RecordingIndex.Limits = RecordingIndex.Limits()
    ) throws(Fault) {
        self.path = path
        index = RecordingIndex(limits: limits)
        let flags = O_WRONLY | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY
        // Contents may be secret, so the file is its owner's.
        descriptor = unsafe open(path, replacing ? flags : flags | O_EXCL, 0o600)
        guard descriptor >= 0 else {
            let reason =
                errno == EEXIST
                ? "is there already; name another file, or write over it with --force"
                : "cannot be written: \(SystemError.text())"
            throw Fault(Exit.cannotCreate, "\(reason).", at: path)
        }
        do throws(Fault) {
            try empty()
            append(RecordingFormat.magic)
            if !note.isEmpty { add(.note, Array(note.utf8.prefix(4096))) }
            try flush()
        } catch {
            Glibc.close(descriptor)
            descriptor = -1
            throw error
        }
    }

    deinit { if descriptor >= 0 { Glibc.close(descriptor) } }

    /// Takes one event; what is too long for a recording is left out, which no event of a tap is.
    func append(_ event: TapEvent, from orchestrator: String) throws(Fault) {
        RecordingFormat.write(event, from: orchestrator, to: &body)
        guard body.count <= RecordingFormat.longestRecord else { return }
        let start = offset
        add(.event, body)
        index.note(event, from: orchestrator, at: start, end: offset)
        if buffer.count >= Self.piece { try flush() }
    }

    /// Writes what was collected.
    func flush() throws(Fault) {
        guard descriptor >= 0 else { return }
        var written = 0
        defer { buffer.removeFirst(written) }
        while written < buffer.count {
            let count = unsafe buffer.withUnsafeBytes { bytes in
                let rest = unsafe UnsafeRawBufferPointer(rebasing: bytes[written...])
                return unsafe write(descriptor, rest.baseAddress, rest.count)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                throw Fault(Exit.output, "cannot be written: \(SystemError.text()).", at: path)
            }
            written += count
        }
    }

    /// Writes the index and ends the file. What comes after it is not taken.
    func close() throws(Fault) {
        guard descriptor >= 0 else { return }
        let start = offset
        let bytes = index.bytes
        // Without an index a file is read from its start; one that nobody reads is not written.
        if bytes.count <= RecordingFormat.longestIndex {
            add(.index, bytes)
            append(RecordingFormat.trailer(indexAt: start))
        }
        defer {
            Glibc.close(descriptor)
            descriptor = -1
        }
        try flush()
        guard fsync(descriptor) == 0 || errno == EINVAL else {
            throw Fault(Exit.output, "cannot be written: \(SystemError.text()).", at: path)
        }
    }

    // MARK: - Steps

    /// Only a regular file has places to go back to.
    private func empty() throws(Fault) {
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw Fault(Exit.cannotCreate, "is not a regular file.", at: path)
        }
        guard ftruncate(descriptor, 0) == 0 else {
            throw Fault(Exit.cannotCreate, "cannot be written: \(SystemError.text()).", at: path)
        }
    }

    private func add(_ kind: RecordingFormat.Kind, _ body: [UInt8]) {
        let before = buffer.count
        RecordingFormat.append(kind, body, to: &buffer)
        offset += UInt64(buffer.count - before)
    }

    private func append(_ bytes: [UInt8]) {
        buffer += bytes
        offset += UInt64(bytes.count)
    }
}
