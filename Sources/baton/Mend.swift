import Telemetry
import Wire

/// What to do about a fault that came over the bus, in one sentence, by the command that met it.
/// Pure.
enum Mend {
    static func text(for fault: Fault, _ command: String = "") -> String? {
        switch fault.code as? WireCode {
        case .notFound: "See what there is: \(list(command))"
        case .deadline: "Give it more time with --timeout, or see what goes on: baton status"
        case .busy: "Everybody is at work; try again in a moment, or start more workers."
        case .unavailable:
            if case .after = fault.retry {
                "Try again in a moment; what is away is shown by: baton status"
            } else {
                "See who is there: baton instances"
            }
        case .circuitOpen: "It failed too often and is left alone for a while: baton status"
        case .budget: "Agents call agents here without end; see who calls whom: baton explain"
        case .uncertain:
            "Find out whether it happened, then decide: baton requests resolve"
        case .frozen: "An operator froze it; see why, and thaw it: baton freeze"
        case .quota: "Wait for some of your requests to end: baton requests"
        case .lost: "Whether it was done is not known; call again if doing it twice does no harm."
        case .forbidden, .identity: "Use a key that may do this: BATON_KEY."
        case .failed, .internal: "See what the worker wrote: baton logs"
        default: nil
        }
    }

    /// Where the names are that the command takes.
    private static func list(_ command: String) -> String {
        switch command {
        case "sessions": "baton sessions"
        case "dead": "baton dead"
        case "agents": "baton agents"
        case "requests", "explain", "trace": "baton requests, baton requests --state finished"
        default: "baton agents, baton requests"
        }
    }
}
