import Glibc
package import Telemetry

/// Reading files whole. Only regular files are read, never more than asked for, and nothing is
/// waited for: a pipe, a device or a directory is refused before its first byte.
package enum Files {
    /// The bytes of a file that is not empty.
    package static func read(_ path: String, limit: Int) throws(Fault) -> [UInt8] {
        try read(path, limit: limit, secret: false)
    }

    /// Likewise, of a file that only its owner may read.
    package static func readSecret(_ path: String, limit: Int) throws(Fault) -> [UInt8] {
        try read(path, limit: limit, secret: true)
    }

    private static func read(_ path: String, limit: Int, secret: Bool) throws(Fault) -> [UInt8] {
        guard !path.isEmpty, !path.utf8.contains(0) else {
            throw Fault(
                DocumentCode.unreadable, "a path is neither empty nor holds a NUL",
                at: Excerpt.quoted(path))
        }
        let descriptor = unsafe open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)
        guard descriptor >= 0 else { throw unreadable(path, errno) }
        defer { close(descriptor) }
        try check(descriptor, path, limit, secret)
        let bytes = try contents(descriptor, path, limit)
        guard !bytes.isEmpty else {
            throw Fault(DocumentCode.unreadable, "the file is empty", at: path)
        }
        return bytes
    }

    private static func check(
        _ descriptor: Int32, _ path: String, _ limit: Int, _ secret: Bool
    ) throws(Fault) {
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { throw unreadable(path, errno) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            let kind = kind(status.st_mode)
            throw Fault(DocumentCode.unreadable, "\(kind), not a regular file", at: path)
        }
        guard status.st_size <= limit else {
            throw Fault(
                DocumentCode.limit, "\(status.st_size) bytes, allowed are \(limit)", at: path)
        }
        guard !secret || status.st_mode & 0o177 == 0 else {
            let mode = String(status.st_mode & 0o7777, radix: 8)
            throw Fault(
                DocumentCode.exposed,
                "the secret has mode \(mode), so others may read it; run chmod 600", at: path)
        }
    }

    /// Reads to the end. Some files of the kernel say they are empty and are not, and others grow
    /// while they are read: only what was read counts.
    private static func contents(
        _ descriptor: Int32, _ path: String, _ limit: Int
    ) throws(Fault) -> [UInt8] {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = unsafe Glibc.read(descriptor, &chunk, chunk.count)
            if count == 0 { return bytes }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw unreadable(path, errno) }
            bytes.append(contentsOf: chunk.prefix(count))
            guard bytes.count <= limit else {
                throw Fault(DocumentCode.limit, "more than the \(limit) bytes allowed", at: path)
            }
        }
    }

    private static func unreadable(_ path: String, _ error: Int32) -> Fault {
        let reason = unsafe strerror(error).map { unsafe String(cString: $0) } ?? "error \(error)"
        return Fault(DocumentCode.unreadable, "the file cannot be read: \(reason)", at: path)
    }

    private static func kind(_ mode: mode_t) -> String {
        switch mode & S_IFMT {
        case S_IFDIR: "a directory"
        case S_IFIFO: "a pipe"
        case S_IFCHR, S_IFBLK: "a device"
        default: "a special file"
        }
    }
}
