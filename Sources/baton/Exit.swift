import Telemetry

/// How the command line ends: one word for programs that read faults, one number for scripts.
///
/// The numbers are a promise to scripts and never change their meaning.
enum Exit: String, FaultCode, CaseIterable {
    case ok
    case failed
    case usage
    case invalidInput = "invalid_input"
    case noInput = "no_input"
    case unavailable
    case software = "internal"
    case cannotCreate = "cannot_create"
    case output
    case notPermitted = "not_permitted"
    case configuration
    case timeout
    case interrupted

    var status: Int32 {
        switch self {
        case .ok: 0
        case .failed: 1
        case .usage: 2
        case .invalidInput: 65
        case .noInput: 66
        case .unavailable: 69
        case .software: 70
        case .cannotCreate: 73
        case .output: 74
        case .notPermitted: 77
        case .configuration: 78
        case .timeout: 124
        case .interrupted: 130
        }
    }

    var summary: String {
        switch self {
        case .ok: "everything went well"
        case .failed: "the call, or a check, failed"
        case .usage: "the command line was not understood"
        case .invalidInput: "what came on standard input cannot be used, or a backup is damaged"
        case .noInput: "an input file does not exist or cannot be read"
        case .unavailable: "no cluster, or it does not answer; or a package is missing"
        case .software: "a fault inside baton, or a worker's watchdog"
        case .cannotCreate: "a file cannot be created, or is there already"
        case .output: "the output could not be written"
        case .notPermitted: "the key or the user may not do this"
        case .configuration: "a configuration file is wrong"
        case .timeout: "no answer within --timeout"
        case .interrupted: "stopped with Ctrl-C or SIGTERM"
        }
    }
}
