import Glibc

/// Reads files of this repository, found from where this source file lies; tests need nothing but a
/// checkout.
enum Repository {
    static func lines(_ path: String, from source: String = #filePath) -> [String]? {
        let root = source.split(separator: "/", omittingEmptySubsequences: false).dropLast(3)
        return lines(at: root.joined(separator: "/") + "/" + path)
    }

    static func lines(at path: String) -> [String]? {
        bytes(at: path).map { bytes in
            bytes.split(separator: UInt8(ascii: "\n")).map { String(decoding: $0, as: UTF8.self) }
        }
    }

    private static func bytes(at path: String) -> [UInt8]? {
        guard let file = unsafe fopen(path, "r") else { return nil }
        defer { unsafe fclose(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = unsafe fread(&buffer, 1, buffer.count, file)
            guard count > 0 else { return bytes }
            bytes += buffer[..<count]
        }
    }
}
