import CEvent
import Glibc
package import Telemetry

/// One folder of the file system, held open, and what lies beneath it: no path leads out of it, not
/// by `..`, not by a link, not by a mount of the kernel.
package final class Folder: Sendable {
    package let path: String
    private let descriptor: Descriptor

    package init(_ path: String) throws(Fault) {
        self.path = path
        let number = unsafe open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard number >= 0 else {
            throw Fault(
                ReactorCode.spawnFailed, "cannot open the folder: \(systemMessage(errno))", at: path
            )
        }
        descriptor = Descriptor(owning: number)
    }

    /// Makes a folder of its own in another one, for this user alone.
    package static func fresh(in parent: String) throws(Fault) -> Folder {
        var template = Array("\(parent)/baton-command-XXXXXX\0".utf8)
        let isMade = unsafe template.withUnsafeMutableBytes { bytes in
            guard let start = unsafe bytes.bindMemory(to: CChar.self).baseAddress else {
                return false
            }
            return unsafe mkdtemp(start) != nil
        }
        guard isMade else {
            throw Fault(
                ReactorCode.systemResources, "cannot make a folder: \(systemMessage(errno))",
                at: parent)
        }
        return try Folder(String(decoding: template.dropLast(), as: UTF8.self))
    }

    /// Why a path must not be used; nil where it names a plain file or a folder beneath this one,
    /// or a place there where one can be made. A file with another name elsewhere is refused: it
    /// may belong to somebody else.
    package func refusal(of path: String) -> String? {
        guard !path.isEmpty, !path.utf8.contains(0) else { return "it is no path" }
        var number = unsafe baton_open_beneath(descriptor.number, path)
        if number < 0, errno == ENOENT {
            // What is to be made lies in a folder that is there.
            guard let slash = path.lastIndex(of: "/") else { return nil }
            let name = path[path.index(after: slash)...]
            guard !name.isEmpty, name != "..", name != "." else { return "it is not there" }
            number = unsafe baton_open_beneath(descriptor.number, String(path[...slash]))
        }
        guard number >= 0 else {
            return errno == EXDEV || errno == ELOOP
                ? "it leads out of the folder" : systemMessage(errno)
        }
        let found = Descriptor(owning: number)
        var status = stat()
        guard unsafe fstat(found.number, &status) == 0 else { return systemMessage(errno) }
        switch status.st_mode & S_IFMT {
        case S_IFDIR: return nil
        case S_IFREG: return status.st_nlink > 1 ? "it has another name elsewhere" : nil
        default: return "it is no plain file"
        }
    }

    /// Removes the folder and all that is in it; links are removed, never followed. It may take
    /// long: not for the loop.
    package func remove() {
        Self.empty(descriptor.number, depth: 0)
        _ = unsafe rmdir(path)
    }

    private static func empty(_ folder: Int32, depth: Int) {
        let copy = unsafe openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard copy >= 0, depth < 64, let stream = unsafe fdopendir(copy) else { return }
        defer { unsafe closedir(stream) }
        while let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { start in
                unsafe String(cString: UnsafeRawPointer(start).assumingMemoryBound(to: CChar.self))
            }
            guard name != ".", name != ".." else { continue }
            if unsafe unlinkat(folder, name, 0) == 0 { continue }
            let inner = unsafe openat(
                folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            if inner >= 0 {
                fchmod(inner, 0o700)
                empty(inner, depth: depth + 1)
                close(inner)
            }
            _ = unsafe unlinkat(folder, name, AT_REMOVEDIR)
        }
    }
}
