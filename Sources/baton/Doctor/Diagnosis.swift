import Telemetry

/// The judgement over what was measured. Pure: figures in, findings out, each with the mend.
enum Diagnosis {
    /// A connection takes two descriptors at most; below this a small cluster cannot serve.
    static let fewestOpenFiles = 256
    static let goodOpenFiles = 4096
    static let leastDisk: UInt64 = 100 << 20
    static let goodDisk: UInt64 = 1 << 30
    /// The first of January 2026: a clock before that was never set.
    static let earliestClock = 1_767_225_600

    static func findings(_ machine: Machine) -> [Finding] {
        [
            zeroMQ(machine),
            library("libevent", machine.event, package: "libevent-core-2.1-7"),
            library("libyaml", machine.yaml, package: "libyaml-0-2"),
            redis(machine.redis), openFiles(machine.openFiles), disk(machine.freeBytes),
            machine.canWriteTemporary
                ? .ok("/tmp", "writable")
                : .fail("/tmp", "cannot be written", mend: "sudo chmod 1777 /tmp"),
            machine.canWriteFolder
                ? .ok("folder", "writable")
                : .fail(
                    "folder", "\(machine.folder) cannot be written",
                    mend: "choose another with --dir, or sudo chown it to yourself"),
            port(machine.freePort), clock(machine), swift(machine.swift),
        ]
    }

    private static func zeroMQ(_ machine: Machine) -> Finding {
        guard let version = machine.zeroMQ else {
            return .fail("libzmq", "not found", mend: "sudo apt install libzmq5")
        }
        guard machine.zeroMQHasCurve else {
            return .fail(
                "libzmq", "\(version) without CURVE",
                mend: "install a libzmq that is built with libsodium")
        }
        return .ok("libzmq", "\(version) with CURVE")
    }

    private static func library(_ name: String, _ version: String?, package: String) -> Finding {
        version.map { .ok(name, $0) }
            ?? .fail(name, "not found", mend: "sudo apt install \(package)")
    }

    /// Without it a cluster works, and keeps nothing.
    private static func redis(_ version: String?) -> Finding {
        let name = RedisProgram.name
        let mend = "\(RedisProgram.installation), or baton up --store memory"
        guard let version else { return .warn(name, "not found", mend: mend) }
        return RedisProgram.isNewEnough(version)
            ? .ok(name, version)
            : .warn(
                name, "\(version.isEmpty ? "of no known version" : version), too old",
                mend: "install 7.0 or later, or baton up --store memory")
    }

    private static func openFiles(_ limit: Int) -> Finding {
        let mend = "ulimit -n \(goodOpenFiles), or LimitNOFILE= in the service"
        if limit < fewestOpenFiles {
            return .fail("open files", "at most \(limit)", mend: mend)
        }
        return limit < goodOpenFiles
            ? .warn("open files", "at most \(limit)", mend: mend)
            : .ok("open files", "at most \(limit)")
    }

    private static func disk(_ bytes: UInt64) -> Finding {
        let finding = "\(bytes >> 20) MiB free"
        let mend = "make room, or choose another folder with --dir"
        if bytes < leastDisk { return .fail("disk", finding, mend: mend) }
        return bytes < goodDisk
            ? .warn("disk", finding, mend: mend) : .ok("disk", "\(bytes >> 30) GiB free")
    }

    private static func port(_ port: Int?) -> Finding {
        port.map { .ok("ports", "free from \($0) on") }
            ?? .fail("ports", "none free on the loopback", mend: "end what listens: ss -tln")
    }

    private static func clock(_ machine: Machine) -> Finding {
        machine.secondsSinceEpoch < earliestClock
            ? .fail("clock", "stands before 2026", mend: "sudo timedatectl set-ntp true")
            : .ok("clock", "\(Timestamp(milliseconds: Int64(machine.secondsSinceEpoch) * 1000))")
    }

    private static func swift(_ path: String?) -> Finding {
        path.map { .ok("swift", $0) }
            ?? .warn(
                "swift", "not found (only needed to build)",
                mend: "install the toolchain from swift.org/install")
    }
}
