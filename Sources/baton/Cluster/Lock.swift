import Glibc
import Telemetry

/// The right to run a cluster in a folder: held by one process, given back by the kernel when it dies.
struct Lock: ~Copyable {
    private let descriptor: Int32

    init(_ path: String) throws(Fault) {
        let descriptor = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else {
            throw Fault(
                Exit.cannotCreate, "cannot be opened: \(SystemError.text()).", at: path)
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw Fault(
                Exit.unavailable,
                "A cluster already runs here; baton status shows it, baton down stops it.", at: path)
        }
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }
}
