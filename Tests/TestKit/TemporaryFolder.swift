package import Glibc

/// A private folder that lives as long as this value and takes everything in it along when it goes.
///
/// Its path is short, because a socket's path ends at 107 bytes. It belongs to one test: never
/// share it.
package final class TemporaryFolder: Sendable {
    package let path: String

    package init() throws {
        var template = Array("/tmp/baton-XXXXXX\0".utf8)
        // SAFETY: the template is not empty, so its buffer has an address.
        let made = unsafe template.withUnsafeMutableBytes { bytes in
            unsafe mkdtemp(bytes.bindMemory(to: CChar.self).baseAddress!) != nil
        }
        guard made else { throw SystemError("mkdtemp", "/tmp") }
        path = String(decoding: template.dropLast(), as: UTF8.self)
    }

    deinit {
        removeTree(path)
    }

    /// The path of something inside.
    package func file(_ name: String) -> String { "\(path)/\(name)" }

    /// Writes a file and answers its path.
    @discardableResult
    package func write(_ text: String, to name: String, mode: mode_t = 0o600) throws -> String {
        try write(bytes: Array(text.utf8), to: name, mode: mode)
    }

    @discardableResult
    package func write(bytes: [UInt8], to name: String, mode: mode_t = 0o600) throws -> String {
        let target = file(name)
        let descriptor = unsafe open(target, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw SystemError("open", target) }
        defer { close(descriptor) }
        let written = unsafe bytes.withUnsafeBytes {
            unsafe Glibc.write(descriptor, $0.baseAddress, $0.count)
        }
        guard written == bytes.count else { throw SystemError("write", target) }
        return target
    }

    package func folder(_ name: String) throws -> String {
        let target = file(name)
        guard unsafe mkdir(target, 0o700) == 0 else { throw SystemError("mkdir", target) }
        return target
    }
}

/// Removes what is there; what is gone already is no fault. Links are removed, never followed.
private func removeTree(_ path: String) {
    if case .folder(let names)? = FileTree.kind(of: path) {
        for name in names { removeTree("\(path)/\(name)") }
        unsafe rmdir(path)
    } else {
        unsafe unlink(path)
    }
}
