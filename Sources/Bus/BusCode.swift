import Telemetry

/// What can go wrong with the bus itself, apart from what messages say.
package enum BusCode: String, FaultCode {
    case addressInUse = "address_in_use"
    case addressRefused = "address_refused"
    case notPermitted = "not_permitted"
    case keyRefused = "key_refused"
    case keyFile = "key_file"
    case sameName = "same_name"
    case socket
}
