import Glibc
import Telemetry

/// The end of one log file, and then whatever is appended to it. It reads a bounded piece at a time
/// and starts again when the file was put aside.
struct LogTail {
    /// More than this of the past is never read, however many lines are asked for.
    private static let deepest = 4 << 20
    private static let chunk = 64 << 10

    let name: String
    private let path: String
    private var offset = 0
    private var rest: [UInt8] = []

    init(name: String, path: String) {
        self.name = name
        self.path = path
    }

    /// The last lines of those wanted; from then on `appended` continues behind them.
    mutating func last(
        _ count: Int, where isWanted: (String) -> Bool = { _ in true }
    ) throws(Fault) -> [String] {
        let size = fileSize
        offset = max(0, size - Self.deepest)
        let isCut = offset > 0
        var lines = try appended()
        // The first line of a piece out of the middle is most likely half a line.
        if isCut, !lines.isEmpty { lines.removeFirst() }
        return Array(lines.reversed().lazy.filter(isWanted).prefix(count).reversed())
    }

    mutating func appended() throws(Fault) -> [String] {
        if fileSize < offset { (offset, rest) = (0, []) }
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else {
            if errno == ENOENT { return [] }
            throw Fault(Exit.noInput, "cannot be opened: \(SystemError.text()).", at: path)
        }
        defer { close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: Self.chunk)
        var lines: [String] = []
        while case let count = unsafe pread(descriptor, &buffer, buffer.count, offset), count > 0 {
            offset += count
            rest += buffer[..<count]
            takeLines(into: &lines)
        }
        return lines
    }

    private mutating func takeLines(into lines: inout [String]) {
        var pieces = rest.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        rest = Array(pieces.popLast() ?? [])
        lines += pieces.map { String(decoding: $0, as: UTF8.self) }
    }

    private var fileSize: Int {
        var status = stat()
        return unsafe stat(path, &status) == 0 ? status.st_size : 0
    }
}
