import Document
import Store
import Telemetry

/// Brings what lies below a prefix from a Redis into a file, and back. It overwrites nothing that
/// it was not told to.
enum StoreBackup {
    private enum Limits {
        /// Keys that Redis is asked for at once; their contents may be large.
        static let slice = 100
        static let removed = 1000
        static let keysInCall = 256
        static let bytesInCall = 4 << 20
    }

    // MARK: - To a file

    static func write(
        _ visit: StoreVisit, to path: String, _ progress: @Sendable (Int) -> Void
    ) async throws -> BackupFormat.Head {
        let redis = await visit.facts.version
        var writer: BackupWriter?
        var time: Int64 = 0
        var cursor = "0"
        repeat {
            var arguments = RedisArguments()
            arguments.text(cursor)
            arguments.number(Limits.slice)
            let page = try await visit.run(StoreScript.dump, arguments).array ?? []
            guard page.count == 3, let next = page[0].text, let rows = page[2].array else {
                throw Fault(Exit.failed, "Redis answered what makes no sense.")
            }
            time = Int64(page[1].integer ?? 0)
            let file =
                try writer
                ?? BackupWriter(
                    path, BackupFormat.Head(prefix: visit.prefix, began: time, redis: redis))
            writer = file
            for index in stride(from: 0, to: rows.count - rows.count % 3, by: 3) {
                guard let key = key(rows[index...]) else { continue }
                try file.add(key)
            }
            cursor = next
            progress(file.head.keys)
        } while cursor != "0"
        try writer?.finish(at: time)
        guard let head = writer?.head else { throw Fault(Exit.software, "nothing was read") }
        return head
    }

    private static func key(_ row: ArraySlice<RedisReply>) -> BackupFormat.Key? {
        let row = Array(row.prefix(3))
        guard let name = row[0].bytes, let end = row[1].unsigned, let content = row[2].bytes else {
            return nil
        }
        return BackupFormat.Key(name: name, end: end, content: content)
    }

    // MARK: - From a file

    /// Says why nothing may be restored there, before anything is touched.
    static func check(_ visit: StoreVisit, _ file: BackupReader, replaces: Bool) async throws {
        guard file.head.prefix == visit.prefix else {
            throw Fault(
                Exit.failed,
                "The keys in the backup begin with \(file.head.prefix), those of the store with "
                    + "\(visit.prefix); say --prefix \(file.head.prefix).")
        }
        let time = try await visit.ask("TIME").array?.first?.integer ?? 0
        let live = try await visit.ask(
            "ZRANGE", visit.prefix + "inst", "(\(time)000", "+inf", "BYSCORE", "LIMIT", "0", "10")
        let names = (live.array ?? []).compactMap(\.text)
        guard names.isEmpty else {
            throw Fault(
                Exit.failed,
                "\(names.joined(separator: ", ")) works with this store; stop all orchestrators "
                    + "first, and wait until their leases are over (baton store shows them).")
        }
        guard !replaces else { return }
        var cursor = "0"
        repeat {
            let page =
                try await visit.ask(
                    "SCAN", cursor, "MATCH", "\(visit.prefix)*", "COUNT", "\(Limits.removed)"
                ).array ?? []
            guard page.dropFirst().first?.array?.isEmpty ?? true else {
                throw Fault(
                    Exit.failed,
                    "There are keys below \(visit.prefix) already; --replace takes them away "
                        + "first.")
            }
            cursor = page.first?.text ?? "0"
        } while cursor != "0"
    }

    /// Takes everything below the prefix away.
    static func clear(_ visit: StoreVisit, _ progress: @Sendable (Int) -> Void) async throws {
        var (cursor, count) = ("0", 0)
        repeat {
            var arguments = RedisArguments()
            arguments.text(cursor)
            arguments.number(Limits.removed)
            let page = try await visit.run(StoreScript.clear, arguments).array ?? []
            cursor = page.first?.text ?? "0"
            count += page.last?.integer ?? 0
            progress(count)
        } while cursor != "0"
    }

    static func restore(
        _ file: BackupReader, to visit: StoreVisit, _ progress: @Sendable (Int) -> Void
    ) async throws {
        var (arguments, waiting) = (RedisArguments(), 0)
        for number in 0..<file.head.keys {
            let key = try file.next()
            arguments.bytes(key.name)
            arguments.number(key.end)
            arguments.bytes(key.content)
            waiting += 1
            guard
                waiting >= Limits.keysInCall || arguments.byteCount >= Limits.bytesInCall
                    || number == file.head.keys - 1
            else { continue }
            _ = try await visit.run(StoreScript.restore, arguments)
            arguments.clear()
            waiting = 0
            progress(number + 1)
        }
    }
}
