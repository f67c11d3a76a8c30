import Glibc
import Telemetry

/// What the doctor measures. Plain figures, so that the judgement over them is tested with made-up
/// ones.
struct Machine: Sendable {
    var swift: String?
    var zeroMQ: String?
    var zeroMQHasCurve = false
    var event: String?
    var yaml: String?
    /// The version of redis-server; empty where it does not say it.
    var redis: String?
    var openFiles = 0
    var freeBytes: UInt64 = 0
    var canWriteTemporary = false
    /// The project folder, and whether a cluster may be started in it.
    var folder = ""
    var canWriteFolder = true
    var freePort: Int?
    var secondsSinceEpoch = 0

    static func measured(folder: String, variables: [String: String]) -> Machine {
        var machine = Machine()
        machine.swift = SearchPath(variables: variables, program: "").find("swift")
        machine.measureLibraries()
        machine.measureLimits(folder: folder)
        machine.folder = folder
        machine.canWriteFolder = File.isWritable(folder)
        machine.secondsSinceEpoch = Int(clamping: Timestamp.now.milliseconds / 1000)
        machine.freePort = try? Ports.bases(1).first
        return machine
    }

    private mutating func measureLibraries() {
        if let library = SharedLibrary("libzmq.so.5") {
            zeroMQ = library.zeroMQVersion
            zeroMQHasCurve = library.zeroMQHas("curve")
        }
        event = SharedLibrary("libevent_core-2.1.so.7")?.versionText("event_get_version")
        yaml = SharedLibrary("libyaml-0.so.2")?.versionText("yaml_get_version_string")
    }

    private mutating func measureLimits(folder: String) {
        var limit = rlimit()
        if unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 {
            openFiles = Int(clamping: limit.rlim_cur)
        }
        var disk = statvfs()
        if unsafe statvfs(folder, &disk) == 0 {
            freeBytes =
                UInt64(disk.f_bavail).multipliedReportingOverflow(by: UInt64(disk.f_frsize))
                .partialValue
        }
        canWriteTemporary = unsafe access("/tmp", W_OK | X_OK) == 0
    }
}
