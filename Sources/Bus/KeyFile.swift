import Document
import Glibc
package import Telemetry

/// A key pair in a file that its owner alone may read: JSON with `name`, `public` and `secret`.
package enum KeyFile {
    private static let longest = 4096

    /// Reads a pair; a file that others may read is refused, because its secret is none.
    package static func read(_ path: String) throws(Fault) -> KeyPair {
        let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw failure("cannot be read", path) }
        defer { close(file) }
        var status = stat()
        guard unsafe fstat(file, &status) == 0 else { throw failure("cannot be read", path) }
        guard status.st_mode & 0o077 == 0 else {
            throw Fault(
                BusCode.keyFile, "others may read this secret: run chmod 600 on it", at: path)
        }
        let pair: KeyPair
        do throws(Fault) {
            pair = try JSON.decode(KeyPair.self, from: contents(file, path), source: path)
        } catch {
            throw Fault(
                BusCode.keyFile, "not a key file: make one with baton keys", at: path, cause: error)
        }
        guard KeyPair.isKey(pair.public), KeyPair.isKey(pair.secret) else {
            throw Fault(BusCode.keyFile, "its keys do not have 40 characters (Z85)", at: path)
        }
        return pair
    }

    /// Writes a pair to a new file of mode 0600; an existing one is never replaced.
    package static func write(_ pair: KeyPair, to path: String) throws(Fault) {
        let bytes = try JSON.encode(pair) + [UInt8(ascii: "\n")]
        let file = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw failure("cannot be made", path) }
        defer { close(file) }
        guard unsafe Glibc.write(file, bytes, bytes.count) == bytes.count, fsync(file) == 0 else {
            throw failure("cannot be written", path)
        }
    }

    private static func contents(_ file: Int32, _ path: String) throws(Fault) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: longest)
        let count = unsafe Glibc.read(file, &bytes, longest)
        guard count >= 0 else { throw failure("cannot be read", path) }
        return Array(bytes.prefix(count))
    }

    private static func failure(_ what: String, _ path: String) -> Fault {
        Fault(BusCode.keyFile, unsafe "\(what): \(String(cString: strerror(errno)))", at: path)
    }
}
