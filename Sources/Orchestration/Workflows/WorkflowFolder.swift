import Document
import Flow
import Glibc
import Telemetry
import Wire

/// A folder of workflow files, read again whenever one of them has changed. A file that cannot be
/// read any more leaves what it said before in force, and everybody can see why.
package struct WorkflowFolder {
    package let path: String
    private var files: [String: Entry] = [:]
    /// What is wrong with the folder itself, so that it is said once.
    private var refusal: String?

    /// Files within folders within the folder, as deep as this, and so many in all.
    private static let depth = 3
    private static let limit = 1_000

    private struct Entry {
        var stamp: Stamp
        var edition: Edition?
        var fault: Fault?
    }

    /// What changes whenever a file does.
    private struct Stamp: Equatable {
        let seconds: Int
        let nanoseconds: Int
        let size: Int
        let inode: UInt
    }

    /// What there is now, and what was found out since it was looked at last.
    package struct Contents {
        package var editions: [Edition] = []
        package var faults: [Broken] = []
        package var news: [News] = []
    }

    /// A file that cannot be used.
    package struct Broken: Sendable {
        package let file: String
        package let reason: String
    }

    package enum News {
        case read(file: String, workflow: String)
        case broken(Broken)
        case gone(file: String)
    }

    package init(path: String) { self.path = path }

    /// What the files say, if any of them changed since this was asked last.
    package mutating func read() -> Contents? {
        var contents = Contents()
        let found = stamps(&contents)
        for path in files.keys.sorted() where found[path] == nil {
            files[path] = nil
            contents.news.append(.gone(file: path))
        }
        for (path, stamp) in found.sorted(by: { $0.key < $1.key })
        where files[path]?.stamp != stamp {
            contents.news.append(take(path, stamp))
        }
        guard !contents.news.isEmpty else { return nil }
        for (path, entry) in files.sorted(by: { $0.key < $1.key }) {
            if let edition = entry.edition { contents.editions.append(edition) }
            if let fault = entry.fault {
                contents.faults.append(Broken(file: path, reason: fault.description))
            }
        }
        return contents
    }

    // MARK: - Steps

    private mutating func take(_ path: String, _ stamp: Stamp) -> News {
        let known = files[path]?.edition
        do throws(Fault) {
            let bytes = try Files.read(path, limit: WorkflowLimits.bytes + 1)
            let edition = try Edition(bytes, from: .file(path), name: path)
            files[path] = Entry(stamp: stamp, edition: edition)
            return .read(file: path, workflow: edition.id)
        } catch {
            files[path] = Entry(stamp: stamp, edition: known, fault: error)
            return .broken(Broken(file: path, reason: error.description))
        }
    }

    private mutating func stamps(_ contents: inout Contents) -> [String: Stamp] {
        var found: [String: Stamp] = [:]
        let reason = Self.list(path, depth: 1, into: &found)
        if let reason, reason != refusal {
            contents.news.append(.broken(Broken(file: path, reason: reason)))
        }
        refusal = reason
        return found
    }

    /// Collects the workflow files below a folder; says why it cannot be looked at.
    private static func list(
        _ folder: String, depth: Int, into found: inout [String: Stamp]
    ) -> String? {
        guard let entries = unsafe opendir(folder) else {
            let reason = unsafe String(cString: strerror(errno))
            return "the folder of workflows cannot be read: \(reason)"
        }
        defer { unsafe closedir(entries) }
        while let entry = unsafe readdir(entries), found.count < limit {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) {
                unsafe $0.withMemoryRebound(to: CChar.self, capacity: 256) {
                    unsafe String(cString: $0)
                }
            }
            // Names with a dot in front are those of editors, of mounts and of who is just writing.
            guard !name.hasPrefix(".") else { continue }
            let path = "\(folder)/\(name)"
            var status = stat()
            guard unsafe stat(path, &status) == 0 else { continue }
            if status.st_mode & S_IFMT == S_IFDIR, depth < self.depth {
                _ = list(path, depth: depth + 1, into: &found)
            } else if status.st_mode & S_IFMT == S_IFREG, isWorkflow(name) {
                found[path] = Stamp(
                    seconds: status.st_mtim.tv_sec, nanoseconds: status.st_mtim.tv_nsec,
                    size: Int(status.st_size), inode: UInt(status.st_ino))
            }
        }
        return nil
    }

    private static func isWorkflow(_ name: String) -> Bool {
        [".yaml", ".yml", ".json"].contains { name.hasSuffix($0) }
    }
}
