import Glibc
import Reactor
import Telemetry
import Wire

/// The file behind an outbox: appended to, emptied when nothing is kept, owned by one process at a
/// time.
///
/// A full disk is never the end of a result: the copy in memory is still sent until it is
/// acknowledged. Only `sync` waits for the disk, on a thread of its own.
final class OutboxFile {
    /// Above this a file that cannot be emptied is written anew.
    private static let longest = 256 << 20

    private let path: String
    private let log: Log
    private let syncing = BlockingPool(threads: 1, limit: 4096)
    private var file: Int32
    private var length = 0
    private var isFailing = false

    /// Opens or makes the file in the folder, and gives back the results that were not
    /// acknowledged.
    static func open(
        folder: String, log: Log
    ) throws(Fault) -> (OutboxFile, [(ResultOutbox.Key, OutboxRecords.Record)]) {
        unsafe mkdir(folder, 0o700)
        let path = "\(folder)/results"
        let file = unsafe Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw fault("cannot be opened", path) }
        let outbox = OutboxFile(file, path, log)
        guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
            throw Fault(
                WorkerCode.configuration,
                "another process keeps its results here: give each worker a folder of its own",
                at: path)
        }
        let reading = OutboxRecords.decode(try outbox.contents())
        outbox.length = reading.length
        ftruncate(file, reading.length)
        return (outbox, OutboxRecords.open(reading.records))
    }

    private init(_ file: Int32, _ path: String, _ log: Log) {
        self.file = file
        self.path = path
        self.log = log
    }

    deinit { close(file) }

    func append(_ record: OutboxRecords.Record) {
        let bytes = OutboxRecords.encode(record)
        guard write(bytes) else {
            if !isFailing {
                log.warning(
                    "the outbox cannot be written; results are kept in memory only",
                    ["file": .text(path), "reason": .text(Self.reason)])
            }
            isFailing = true
            // What was written of it is no record; the next one begins where the last good one
            // ended.
            ftruncate(file, length)
            return
        }
        isFailing = false
        length += bytes.count
    }

    /// Nothing is kept any more.
    func empty() {
        guard length > 0, ftruncate(file, 0) == 0 else { return }
        length = 0
    }

    /// Whether the file holds so much that is acknowledged that it should be written anew.
    var isOverlong: Bool { length > Self.longest }

    /// Replaces everything by these records.
    func rewrite(_ records: [OutboxRecords.Record]) {
        empty()
        for record in records { append(record) }
    }

    /// Returns when everything appended so far is on the disk, or cannot be brought there.
    func sync() async {
        let file = file
        let isSynced = try? await syncing.run { fdatasync(file) == 0 }
        if isSynced != true {
            log.warning("the outbox cannot be synced", ["file": .text(path)])
        }
    }

    private func write(_ bytes: [UInt8]) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let place = length + bytes.count - rest.count
            let count = unsafe rest.withUnsafeBytes {
                unsafe pwrite(file, $0.baseAddress, $0.count, place)
            }
            guard count > 0 || (count < 0 && errno == EINTR) else { return false }
            rest = rest.dropFirst(max(0, count))
        }
        return true
    }

    private func contents() throws(Fault) -> [UInt8] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = unsafe pread(file, &buffer, buffer.count, bytes.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw Self.fault("cannot be read", path) }
            guard count > 0 else { return bytes }
            bytes += buffer[..<count]
        }
    }

    private static var reason: String { unsafe String(cString: strerror(errno)) }

    private static func fault(_ what: String, _ path: String) -> Fault {
        Fault(WorkerCode.configuration, "\(what): \(reason)", at: path)
    }
}
