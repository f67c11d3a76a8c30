internal import Glibc

/// Where the build that these tests belong to put its programs, and where the project is.
package enum Products {
    /// The test runner lies beside the programs that were built with it.
    package static let folder: String = {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let length = unsafe readlink("/proc/self/exe", &buffer, buffer.count)
        let path = String(
            decoding: buffer.prefix(max(0, length)).map(UInt8.init(bitPattern:)), as: UTF8.self)
        return parent(of: path)
    }()

    /// The path of a program such as `batond`.
    package static func path(of program: String) -> String { "\(folder)/\(program)" }

    /// The project's folder, of which this file is a part.
    package static let root: String = parent(of: parent(of: parent(of: #filePath)))

    private static func parent(of path: String) -> String {
        path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
    }
}
