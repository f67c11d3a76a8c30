package import Document
package import Flow
package import Telemetry
import Wire

/// What a run is that goes on from the middle of another one: whose journal it has up to where, and
/// what is otherwise from there on.
package struct RunFork: Sendable, Hashable {
    /// The request it comes from, of the same tenant.
    package var origin: String
    /// Lines of the origin's journal that it has as well.
    package var lines: Int
    /// The task at which it leaves the origin.
    package var step: StepKey
    package var amendments: [Amendment]

    /// The header of a request that is a fork; it names the origin.
    package static let header = "fork"
    /// The member of such a request's content that says what this does.
    package static let member = "baton-fork"

    package init(origin: String, lines: Int, step: StepKey, amendments: [Amendment]) {
        self.origin = origin
        self.lines = lines
        self.step = step
        self.amendments = amendments
    }

    package var value: Value {
        [
            "origin": .string(origin), "lines": Value(lines), "step": .string(step.text),
            "set": .array(amendments.map(\.written)),
        ]
    }

    package init(_ value: Value) throws(Fault) {
        guard let origin = value["origin"]?.string, Name.isValid(origin),
            let lines = value["lines"]?.integer, lines >= 0, let step = value["step"]?.string,
            let set = value["set"]?.array
        else { throw Self.unreadable }
        var amendments: [Amendment] = []
        for part in set {
            guard let amendment = Amendment(part) else { throw Self.unreadable }
            amendments.append(amendment)
        }
        self.init(origin: origin, lines: lines, step: StepKey(step), amendments: amendments)
    }

    private static var unreadable: Fault {
        Fault(WireCode.invalid, "what a fork says of its origin makes no sense")
    }

    /// What is otherwise, as a run is told.
    package var changes: [StepKey: [Amendment]] { amendments.isEmpty ? [:] : [step: amendments] }
}

extension Amendment {
    fileprivate var written: Value {
        [
            "place": .string(place.rawValue), "path": .array(path.map { .string($0) }),
            "value": value,
        ]
    }

    fileprivate init?(_ part: Value) {
        guard let place = part["place"]?.string.flatMap(Place.init), let path = part["path"]?.array,
            let value = part["value"]
        else { return nil }
        self.init(place, path.compactMap(\.string), value)
    }
}
