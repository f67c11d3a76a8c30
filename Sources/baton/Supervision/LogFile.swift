import Glibc
import Telemetry

/// The log of one child: lines appended, and at the limit the file put aside under `.1`, so that a
/// cluster left alone for a year fills no disk.
final class LogFile {
    static let limit = 8 << 20

    private let path: String
    private var descriptor: Int32 = -1
    private var size = 0

    init(_ path: String) throws(Fault) {
        self.path = path
        try open()
    }

    deinit { close(descriptor) }

    /// A line that cannot be written is lost on purpose: a full disk must not stop the cluster.
    func append(_ line: String) {
        if size >= Self.limit { rotate() }
        var line = line + "\n"
        line.withUTF8 { bytes in
            let count = unsafe write(descriptor, bytes.baseAddress, bytes.count)
            size += max(0, count)
        }
    }

    private func rotate() {
        guard unsafe rename(path, "\(path).1") == 0 else { return }
        close(descriptor)
        // Should the new file be refused, lines go nowhere until the next turn tries again.
        descriptor = -1
        try? open()
    }

    private func open() throws(Fault) {
        let flags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW
        descriptor = unsafe Glibc.open(path, flags, 0o600)
        guard descriptor >= 0 else {
            throw Fault(Exit.cannotCreate, "cannot be opened: \(SystemError.text()).", at: path)
        }
        size = Int(max(0, lseek(descriptor, 0, SEEK_END)))
    }
}
