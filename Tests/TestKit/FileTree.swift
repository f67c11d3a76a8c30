internal import Glibc

/// Reads folders and files for tests; it never writes.
package enum FileTree {
    package enum Kind: Equatable {
        case file(isExecutable: Bool)
        case folder([String])
        case other
    }

    /// What a path is, without following a link; a folder comes with the sorted names in it.
    package static func kind(of path: String) -> Kind? {
        var status = stat()
        guard unsafe lstat(path, &status) == 0 else { return nil }
        switch status.st_mode & S_IFMT {
        case S_IFREG: return .file(isExecutable: status.st_mode & S_IXUSR != 0)
        case S_IFDIR: return .folder(names(in: path))
        default: return .other
        }
    }

    /// The paths of all files below a folder, relative to it, sorted.
    package static func files(below folder: String) -> [String] {
        guard case .folder(let names)? = kind(of: folder) else { return [] }
        return names.flatMap { name -> [String] in
            switch kind(of: "\(folder)/\(name)") {
            case .file: [name]
            case .folder: files(below: "\(folder)/\(name)").map { "\(name)/\($0)" }
            case .other, nil: []
            }
        }
    }

    package static func bytes(of path: String) throws -> [UInt8] {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw SystemError("open", path) }
        defer { close(descriptor) }
        var content: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = unsafe piece.withUnsafeMutableBytes {
                unsafe read(descriptor, $0.baseAddress, $0.count)
            }
            guard count >= 0 else { throw SystemError("read", path) }
            guard count > 0 else { return content }
            content += piece[..<count]
        }
    }

    package static func text(of path: String) throws -> String {
        String(decoding: try bytes(of: path), as: UTF8.self)
    }

    private static func names(in folder: String) -> [String] {
        guard let stream = unsafe opendir(folder) else { return [] }
        defer { unsafe closedir(stream) }
        var names: [String] = []
        while let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { tuple in
                unsafe tuple.withMemoryRebound(to: CChar.self, capacity: 256) {
                    unsafe String(cString: $0)
                }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted()
    }
}
