import Bus
import Document
import Orchestration
import Reactor
import Telemetry
import Wire
import WorkerKit

/// What a fault of another module means to a script.
extension Exit {
    init(of fault: Fault) {
        switch fault.code {
        case let exit as Exit: self = exit
        case DocumentCode.unreadable: self = .noInput
        case DocumentCode.exposed, BusCode.notPermitted, BusCode.keyRefused, BusCode.keyFile:
            self = .notPermitted
        case is DocumentCode, is ConfigurationCode: self = .configuration
        case BusCode.addressRefused: self = .configuration
        case WireCode.deadline: self = .timeout
        case WireCode.forbidden, WireCode.identity: self = .notPermitted
        case WorkerCode.noBus: self = .unavailable
        case WorkerCode.configuration: self = .configuration
        case ReactorCode.commandNotFound, ReactorCode.spawnFailed: self = .configuration
        case is BusCode: self = .unavailable
        case ReactorCode.deadlineExceeded: self = .timeout
        case is ReactorCode: self = .software
        default: self = .failed
        }
    }
}
