import Glibc
import Telemetry

/// The right to run a cluster in a folder: held by one process at a time, given back by the kernel
/// when that process ends in whatever way.
enum Lock {
    @discardableResult
    static func holding<Result>(
        _ path: String, _ body: () async throws -> Result
    ) async throws -> Result {
        let descriptor = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else {
            throw Fault(Exit.cannotCreate, "cannot be opened: \(SystemError.text()).", at: path)
        }
        defer { close(descriptor) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            throw Fault(
                Exit.unavailable,
                "A cluster runs in \(File.parent(of: File.parent(of: path))) already; "
                    + "baton status shows it, baton down stops it.")
        }
        return try await body()
    }
}
