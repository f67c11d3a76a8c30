import Telemetry

/// A recording that is read: the list of its requests, and the events of one or of all.
///
/// It never holds more of a file than its index and one piece. A file that was not closed has no
/// index; it is read once to make one. Damage is told in `notes`, and what is sound is used.
final class Recording {
    private let source: any RecordingSource
    let path: String
    private(set) var index: RecordingIndex
    /// What whoever wrote it noted about it.
    private(set) var about = ""
    /// What is wrong with it, in sentences for people.
    private(set) var notes: [String] = []
    /// Where its events end.
    private var end: Int

    /// How many events of one request are read at once.
    static let mostEvents = 200_000
    private static let mostNotes = 100

    /// - Parameter progress: is told now and then which share was read, where that takes a while.
    convenience init(
        path: String, progress: (Double) -> Void = { _ in }
    ) throws(Fault) {
        try self.init(RecordingFile(path: path), path: path, progress: progress)
    }

    init(
        _ source: any RecordingSource, path: String,
        limits: RecordingIndex.Limits = RecordingIndex.Limits(),
        progress: (Double) -> Void = { _ in }
    ) throws(Fault) {
        self.source = source
        self.path = path
        index = RecordingIndex(limits: limits)
        end = source.size
        try checkBeginning()
        if let stored = try storedIndex() {
            index = stored
        } else {
            try makeIndex(progress)
        }
        try readNote()
        if index.isFull {
            notes.append(
                "There are more requests or events than an index holds: those after byte"
                    + " \(index.covered) are not listed, and are found by their id.")
        }
    }

    /// The requests whose beginning was recorded, in the order in which they came; the tools' own
    /// questions are left out.
    var requests: [RecordedRequest] {
        index.requests.filter { $0.type != nil && !$0.isQuestion }
    }

    /// Hands out every event in the order of the file.
    func forEachEvent(_ body: (RecordedEvent) throws(Fault) -> Void) throws(Fault) {
        var scanner = RecordingScanner(source, from: RecordingFormat.magic.count, to: end)
        while let found = try scanner.next() {
            guard found.kind == .event, let event = RecordingFormat.event(found.body) else {
                continue
            }
            try body(event)
        }
    }

    /// The events of a request, in the order of the file; with `family` also those of the requests
    /// that agents made while they worked for it. None: of everything.
    func events(of request: String? = nil, family: Bool = false) throws(Fault) -> [RecordedEvent] {
        var events: [RecordedEvent] = []
        guard let request else {
            try forEachEvent { event throws(Fault) in try keep(event, in: &events) }
            return events
        }
        if let place = index.place(of: request) {
            let places = family ? index.family(of: place) : [place]
            let offsets = places.flatMap { index.requests[$0].offsets }.sorted()
            for offset in offsets {
                if let event = try event(at: offset) { try keep(event, in: &events) }
            }
        }
        if index.isFull { try findRest(of: request, in: &events) }
        return events
    }

    /// The requests that agents made while they worked for this one, in a sentence for people.
    func madeCalls(_ id: String) -> String? {
        guard let place = index.place(of: id) else { return nil }
        let made = index.requests.filter { $0.parent == place }.map(\.id)
        guard let first = made.first else { return nil }
        let others = made.count > 1 ? " and \(made.count - 1) more" : ""
        return "Its agents made calls, each a request of its own: \(first)\(others); see --list."
    }

    /// A request that the index has no room for, if it is there all the same.
    func unlisted(_ id: String) throws(Fault) -> RecordedRequest? {
        guard index.isFull, index.place(of: id) == nil else { return nil }
        var own = RecordingIndex()
        for event in try events(of: id) {
            own.note(event.event, from: event.orchestrator, at: 0, end: 0)
        }
        return own.place(of: id).map { own.requests[$0] }
    }

    // MARK: - Steps

    private func keep(_ event: RecordedEvent, in events: inout [RecordedEvent]) throws(Fault) {
        guard events.count < Self.mostEvents else {
            throw Fault(
                Exit.noInput, "has more than \(Self.mostEvents) events of this request.", at: path)
        }
        events.append(event)
    }

    /// The event that the index knows; one that was damaged since is noted and left out.
    private func event(at offset: UInt64) throws(Fault) -> RecordedEvent? {
        guard let place = Int(exactly: offset),
            let found = try RecordingScanner.record(source, at: place, below: end),
            found.kind == .event, let event = RecordingFormat.event(found.body)
        else {
            let note = "It is damaged: there is no event at byte \(offset)."
            if !notes.contains(note), notes.count < Self.mostNotes { notes.append(note) }
            return nil
        }
        return event
    }

    private func checkBeginning() throws(Fault) {
        let beginning = try source.read(RecordingFormat.magic.count, at: 0)
        guard !beginning.elementsEqual(RecordingFormat.magic) else { return }
        let word = RecordingFormat.magic.prefix { $0 != UInt8(ascii: " ") }
        let reason =
            beginning.starts(with: word)
            ? "is a recording of another version; version 1 is read here."
            : "is no recording; one is made by: baton tap --record FILE."
        throw Fault(Exit.noInput, reason, at: path)
    }

    /// The index at the end, where one is and is sound.
    private func storedIndex() throws(Fault) -> RecordingIndex? {
        let start = source.size - RecordingFormat.trailerLength
        let trailer = Array(try source.read(RecordingFormat.trailerLength, at: start))
        guard let offset = RecordingFormat.indexOffset(trailer).flatMap({ Int(exactly: $0) }),
            offset >= RecordingFormat.magic.count, offset < start
        else {
            notes.append("It was not closed, so it has no index and was read from its start.")
            return nil
        }
        end = offset
        guard let found = try RecordingScanner.record(source, at: offset, below: start),
            found.kind == .index, let index = RecordingIndex(found.body)
        else {
            notes.append(
                "The index at byte \(offset) is damaged; the events were read from the start.")
            return nil
        }
        return index
    }

    private func makeIndex(_ progress: (Double) -> Void) throws(Fault) {
        var scanner = RecordingScanner(source, from: RecordingFormat.magic.count, to: end)
        while let found = try scanner.next() {
            guard found.kind == .event, let event = RecordingFormat.event(found.body) else {
                continue
            }
            index.note(
                event.event, from: event.orchestrator, at: UInt64(found.offset),
                end: UInt64(found.end))
            if index.events % 2000 == 0 { progress(Double(found.end) / Double(max(1, end))) }
        }
        for (number, range) in scanner.damage.enumerated() {
            let isEnd = scanner.isTorn && number == scanner.damage.count - 1
            notes.append(
                isEnd
                    ? "It was cut off: the \(range.count) bytes from byte \(range.lowerBound) on"
                        + " are no whole event."
                    : "It is damaged at byte \(range.lowerBound): \(range.count) bytes are left"
                        + " out.")
        }
    }

    private func readNote() throws(Fault) {
        let place = RecordingFormat.magic.count
        guard let found = try RecordingScanner.record(source, at: place, below: end),
            found.kind == .note
        else { return }
        about = String(decoding: found.body, as: UTF8.self)
    }

    /// What the index does not cover is searched for the request's own id.
    private func findRest(of request: String, in events: inout [RecordedEvent]) throws(Fault) {
        var scanner = RecordingScanner(source, from: Int(clamping: index.covered), to: end)
        while let found = try scanner.next() {
            guard found.kind == .event, let event = RecordingFormat.event(found.body),
                event.request == request
            else { continue }
            try keep(event, in: &events)
        }
    }
}
