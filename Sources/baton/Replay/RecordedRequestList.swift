import Document
import Telemetry

/// The requests of a recording, for people and for programs: those that agents made stand under
/// the one that led to them.
struct RecordedRequestList {
    /// A request, and how many others lie between it and the one that all began with.
    private let rows: [(request: RecordedRequest, depth: Int)]
    private let index: RecordingIndex

    init(_ recording: Recording) {
        index = recording.index
        var rows: [(RecordedRequest, Int)] = []
        var below: [Int: [Int]] = [:]
        var roots: [Int] = []
        for (place, request) in index.requests.enumerated()
        where request.type != nil && !request.isQuestion {
            if let parent = request.parent, index.requests[parent].type != nil {
                below[parent, default: []].append(place)
            } else {
                roots.append(place)
            }
        }
        // Agents call each other a few deep, but a file may say anything.
        var stack = roots.reversed().map { ($0, 0) }
        while let (place, depth) = stack.popLast() {
            rows.append((index.requests[place], depth))
            stack += (below[place] ?? []).reversed().map { ($0, depth + 1) }
        }
        self.rows = rows
    }

    /// Those that no agent made.
    var roots: [RecordedRequest] { rows.filter { $0.depth == 0 }.map(\.request) }

    var json: Value {
        .array(
            rows.map { request, _ in
                var object: ObjectValue = [
                    "request": .string(request.id), "pattern": .string(request.pattern),
                    "agents": .array(
                        request.agents.split(separator: ",").map { .string(String($0)) }),
                    "caller": .string(request.caller),
                    "orchestrator": .string(request.orchestrator),
                    "at": .string(request.moment.description),
                    "took_ms": .number(request.took / .milliseconds(1)),
                    "events": Value(request.offsets.count),
                    "ended": .string(request.ended),
                ]
                if let parent = request.parent {
                    object["parent"] = .string(index.requests[parent].id)
                }
                return .object(object)
            })
    }

    var table: Table {
        var table = Table(
            [
                "request", "pattern", "agents", "when", .number("took"), .number("events"), "ended",
            ], dispensable: ["events", "pattern", "when"])
        for (request, depth) in rows {
            let indent = depth == 0 ? "" : String(repeating: "  ", count: min(depth, 8) - 1) + "└ "
            table.add([
                Text(indent + request.id, .bold), Text(request.pattern), Text(request.agents),
                Text(request.moment.description),
                Text(request.ending == .open ? "" : DurationText.spoken(request.took)),
                Text("\(request.offsets.count)"), request.shownEnding,
            ])
        }
        return table
    }
}

extension RecordedRequest {
    var moment: Timestamp { Timestamp(milliseconds: Int64(began / 1_000_000)) }

    /// `answered`, the code of a failure, or `open`.
    var ended: String {
        switch ending {
        case .open: "open"
        case .answered: "answered"
        case .failed(let code): code
        }
    }

    fileprivate var shownEnding: Text {
        switch ending {
        case .open: Text("not recorded", .dim)
        case .answered: Text("answered", .green)
        case .failed(let code): Text(code, .red)
        }
    }
}
