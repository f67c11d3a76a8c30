import Telemetry
import Wire

/// Which events belong to which request, and which request led to which: built while events are
/// written or read, one by one.
///
/// Pure, and bounded: when it is full it takes no more, and remembers up to where it knows the
/// file. What lies behind that is found by reading.
struct RecordingIndex: Sendable {
    struct Limits: Sendable {
        /// Requests, and events of all requests together: 8 bytes each.
        var requests = 100_000
        var events = 2_000_000
        /// Tasks under way of which the calls made in them are known.
        var tasks = 100_000
    }

    /// A task as the calls within it name it.
    struct Task: Hashable, Sendable {
        let orchestrator: String
        let dispatch: UInt64
    }

    let limits: Limits
    var requests: [RecordedRequest] = []
    /// Events of all kinds, those of no request too.
    var events: UInt64 = 0
    /// Up to where the file is known, if the index became full there.
    var covered: UInt64 = 0
    private(set) var isFull = false
    private var places: [String: Int] = [:]
    private var tasks: [Task: Int] = [:]
    private var indexed = 0

    init(limits: Limits = Limits()) { self.limits = limits }

    /// An index that was read from a file.
    init(requests: [RecordedRequest], events: UInt64, covered: UInt64, isFull: Bool) {
        limits = Limits()
        self.isFull = isFull
        self.requests = requests
        self.events = events
        self.covered = covered
        for (place, request) in requests.enumerated() { places[request.id] = place }
    }

    func place(of id: String) -> Int? { places[id] }

    /// The request that all began with.
    func root(of place: Int) -> Int {
        var place = place
        // Each step leads to an earlier entry, so this ends.
        while let parent = requests[place].parent, parent < place { place = parent }
        return place
    }

    /// The request and all that agents asked for while they worked for it.
    func family(of place: Int) -> [Int] {
        var family: Set<Int> = [place]
        for (other, request) in requests.enumerated().dropFirst(place + 1) {
            if let parent = request.parent, family.contains(parent) { family.insert(other) }
        }
        return family.sorted()
    }

    /// Takes in the event whose record begins at `offset` and ends before `end`.
    mutating func note(_ event: TapEvent, from orchestrator: String, at offset: UInt64, end: UInt64)
    {
        events += 1
        guard !isFull else { return }
        enter(event, orchestrator, offset)
        if !isFull { covered = end }
    }

    // MARK: - Steps

    private mutating func enter(_ event: TapEvent, _ orchestrator: String, _ offset: UInt64) {
        let bytes = event.envelope
        guard let view = try? unsafe EnvelopeView(bytes.span.bytes), let type = view.type,
            type != .span, type != .tally, !view.isEmpty(.requestID)
        else { return }
        let at = event.mark.at
        guard let place = take(view[.requestID], at), indexed < limits.events else {
            isFull = true
            return
        }
        indexed += 1
        requests[place].offsets.append(offset)
        // What is only put away after the end does not make it longer.
        if requests[place].ending == .open {
            requests[place].last = max(requests[place].last, at)
        }
        let hasLeft = event.mark.flags.contains(.left)
        switch type {
        case .request, .notification, .pipeline, .broadcast:
            guard !hasLeft, requests[place].type == nil else { return }
            begin(place, view, type, orchestrator, event.topic, at)
        case .task where view.dispatch != 0:
            if tasks.count >= limits.tasks { tasks.removeAll(keepingCapacity: true) }
            tasks[Task(orchestrator: orchestrator, dispatch: view.dispatch)] = place
        case .result, .fail:
            tasks[Task(orchestrator: orchestrator, dispatch: view.dispatch)] = nil
            guard requests[place].type == .notification else { return }
            requests[place].ending = ending(view, isFailure: type == .fail)
        case .response, .error:
            // An error that arrives is a peer's own complaint, and no request ends by it.
            guard hasLeft, requests[place].ending == .open, !isForWorker(view, place) else {
                return
            }
            requests[place].ending = ending(view, isFailure: type == .error)
        default: break
        }
    }

    /// A worker may be told of an error about its task; that ends nothing.
    private func isForWorker(_ view: borrowing EnvelopeView, _ place: Int) -> Bool {
        let receiver = view[.receiver]
        return receiver.utf8.contains(UInt8(ascii: "#")) && receiver != requests[place].caller
    }

    private func ending(
        _ view: borrowing EnvelopeView, isFailure: Bool
    ) -> RecordedRequest.Ending {
        guard isFailure else { return .answered }
        let error = (try? view.error()) ?? nil
        return .failed(code: error?.code ?? "failed")
    }

    private mutating func take(_ id: String, _ at: UInt64) -> Int? {
        if let place = places[id] { return place }
        guard requests.count < limits.requests else { return nil }
        requests.append(RecordedRequest(id, at: at))
        places[id] = requests.count - 1
        return requests.count - 1
    }

    private mutating func begin(
        _ place: Int, _ view: borrowing EnvelopeView, _ type: MessageType, _ orchestrator: String,
        _ topic: String, _ at: UInt64
    ) {
        requests[place].type = type
        requests[place].orchestrator = orchestrator
        requests[place].caller = view[.sender]
        requests[place].began = min(requests[place].began, at)
        let headers = (try? view.headers()) ?? [:]
        requests[place].agents = headers["pipeline"] ?? headers["agents"] ?? view[.receiver]
        var parent: Int?
        if view.dispatch != 0 {
            parent = tasks[Task(orchestrator: orchestrator, dispatch: view.dispatch)]
        }
        let names = topic.split(separator: "/")
        if parent == nil, names.count == 3, names[0] == "r" { parent = places[String(names[1])] }
        if let parent, parent < place { requests[place].parent = parent }
    }
}
