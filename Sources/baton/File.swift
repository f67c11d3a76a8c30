import Glibc
import Telemetry

/// Files in whole pieces: read within a limit, written so that a reader sees the old content or the
/// new and never a part, folders made private. Faults name the path and what to do.
enum File {
    static func read(_ path: String, limit: Int) throws(Fault) -> [UInt8] {
        // Without O_NONBLOCK a named pipe without a writer would hold us for ever.
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            throw Fault(Exit.noInput, "cannot be opened: \(SystemError.text()).", at: path)
        }
        defer { close(descriptor) }
        guard kind(of: descriptor) == S_IFREG else {
            throw Fault(Exit.noInput, "is not a regular file.", at: path)
        }
        return try read(descriptor: descriptor, limit: limit, path)
    }

    /// A file of the kernel's, which has no size and is short.
    static func readKernel(_ path: String) throws(Fault) -> [UInt8] {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw Fault(Exit.noInput, "cannot be opened: \(SystemError.text()).", at: path)
        }
        defer { close(descriptor) }
        return try read(descriptor: descriptor, limit: 64 << 10, path)
    }

    static func read(
        descriptor: Int32, limit: Int, _ place: String
    ) throws(Fault) -> [UInt8] {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = unsafe Glibc.read(descriptor, &chunk, chunk.count)
            if count == 0 { return bytes }
            if count < 0 {
                if errno == EINTR { continue }
                throw Fault(Exit.noInput, "cannot be read: \(SystemError.text()).", at: place)
            }
            bytes += chunk[..<count]
            guard bytes.count <= limit else {
                throw Fault(Exit.noInput, "is larger than \(limit) bytes.", at: place)
            }
        }
    }

    /// Written beside the path, flushed, and put in its place with one rename.
    static func write(_ bytes: [UInt8], to path: String, mode: mode_t = 0o600) throws(Fault) {
        let beside = "\(path).\(getpid()).new"
        unsafe unlink(beside)
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW
        let descriptor = unsafe open(beside, flags, mode)
        guard descriptor >= 0 else { throw cannotWrite(path) }
        let isWritten = writeAll(bytes, descriptor) && fsync(descriptor) == 0
        let isClosed = close(descriptor) == 0
        guard isWritten, isClosed, unsafe rename(beside, path) == 0 else {
            let fault = cannotWrite(path)
            unsafe unlink(beside)
            throw fault
        }
    }

    static func makeFolder(_ path: String, mode: mode_t = 0o700) throws(Fault) {
        if unsafe mkdir(path, mode) == 0 { return }
        guard errno == EEXIST, isFolder(path) else {
            throw Fault(
                Exit.cannotCreate, "cannot be made: \(SystemError.text()).", at: path)
        }
    }

    /// The folder and all above it.
    static func makeFolders(_ path: String) throws(Fault) {
        guard !isFolder(path) else { return }
        if path != "/" { try makeFolders(parent(of: path)) }
        try makeFolder(path, mode: 0o755)
    }

    static func exists(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }

    static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// Whether the folder is this user's, no link, and closed to all others.
    static func isPrivate(_ path: String) -> Bool {
        var status = stat()
        return unsafe lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
            && status.st_uid == getuid() && status.st_mode & 0o077 == 0
    }

    static func isExecutable(_ path: String) -> Bool {
        unsafe access(path, X_OK) == 0 && !isFolder(path)
    }

    static func names(in folder: String) throws(Fault) -> [String] {
        guard let stream = unsafe opendir(folder) else {
            throw Fault(Exit.noInput, "cannot be opened: \(SystemError.text()).", at: folder)
        }
        defer { unsafe closedir(stream) }
        var names: [String] = []
        while let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) {
                    unsafe String(cString: $0)
                }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    static func currentFolder() -> String { absolute(".") ?? "/" }

    static func ownPath() -> String { absolute("/proc/self/exe") ?? "" }

    /// The path with every link resolved, or nil when there is nothing.
    static func absolute(_ path: String) -> String? {
        guard let resolved = unsafe realpath(path, nil) else { return nil }
        defer { unsafe free(resolved) }
        return unsafe String(cString: resolved)
    }

    /// Whether one may look at what lies in a folder.
    static func isAccessible(_ path: String) -> Bool { unsafe access(path, X_OK) == 0 }

    /// Whether one may put something into a folder.
    static func isWritable(_ path: String) -> Bool { unsafe access(path, W_OK | X_OK) == 0 }

    static func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return "/" }
        return String(path[..<slash])
    }

    private static func kind(of descriptor: Int32) -> mode_t {
        var status = stat()
        return unsafe fstat(descriptor, &status) == 0 ? status.st_mode & S_IFMT : 0
    }

    private static func writeAll(_ bytes: [UInt8], _ descriptor: Int32) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes { buffer in
                unsafe Glibc.write(descriptor, buffer.baseAddress, buffer.count)
            }
            if count < 0, errno != EINTR { return false }
            rest = rest.dropFirst(max(0, count))
        }
        return true
    }

    private static func cannotWrite(_ path: String) -> Fault {
        Fault(Exit.cannotCreate, "cannot be written: \(SystemError.text()).", at: path)
    }
}
