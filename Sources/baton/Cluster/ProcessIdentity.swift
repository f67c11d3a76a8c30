import Glibc

/// One process of this machine and no other: its number and the moment it began. A number alone is
/// given to somebody else after a while, and nobody may be killed for having inherited it.
struct ProcessIdentity: Codable, Sendable, Hashable {
    let pid: Int32
    /// Clock ticks since the machine started, as the kernel counts them.
    let birth: UInt64

    init(pid: Int32, birth: UInt64) {
        self.pid = pid
        self.birth = birth
    }

    /// The process that has this number now, or nil when none has (or it has ended and waits to be
    /// reaped).
    init?(pid: Int32) {
        guard pid > 0, let bytes = try? File.readKernel("/proc/\(pid)/stat"),
            let birth = Self.birth(inStat: String(decoding: bytes, as: UTF8.self))
        else { return nil }
        self.init(pid: pid, birth: birth)
    }

    static var own: ProcessIdentity {
        ProcessIdentity(pid: getpid()) ?? ProcessIdentity(pid: getpid(), birth: 0)
    }

    var isAlive: Bool { ProcessIdentity(pid: pid) == self }

    /// False when the process is no longer there.
    @discardableResult
    func send(_ signal: Int32) -> Bool { isAlive && kill(pid, signal) == 0 }

    /// How long it has been running.
    var age: Duration? {
        guard isAlive else { return nil }
        var now = timespec()
        unsafe clock_gettime(CLOCK_BOOTTIME, &now)
        let ticks = UInt64(max(1, sysconf(Int32(_SC_CLK_TCK))))
        return .seconds(max(0, now.tv_sec - Int(clamping: birth / ticks)))
    }

    /// The 22nd field of `/proc/PID/stat`. The name of the program stands in brackets and may
    /// itself hold blanks and brackets, so counting begins after the last one.
    static func birth(inStat line: String) -> UInt64? {
        guard let end = line.lastIndex(of: ")") else { return nil }
        let fields = line[line.index(after: end)...].split(separator: " ")
        guard fields.count > 19, fields[0] != "Z", fields[0] != "X" else { return nil }
        return UInt64(fields[19])
    }
}
