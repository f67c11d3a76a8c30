import Wire

/// The index as it stands at the end of a recording.
extension RecordingIndex {
    var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(number: events, 8)
        bytes.append(number: covered, 8)
        bytes.append(number: isFull ? 1 : 0, 1)
        bytes.append(number: UInt64(requests.count), 4)
        for request in requests { Self.append(request, to: &bytes) }
        return bytes
    }

    /// Reads an index; nothing if it is none. Offsets are as the file says: whoever follows one
    /// must expect that there is nothing.
    init?(_ bytes: ArraySlice<UInt8>) {
        var reader = ByteReader(bytes)
        guard let events = reader.number(8), let covered = reader.number(8),
            let isFull = reader.number(1), let count = reader.number(4)
        else { return nil }
        var requests: [RecordedRequest] = []
        for place in 0..<count {
            guard let request = Self.request(&reader, below: Int(place)) else { return nil }
            requests.append(request)
        }
        guard reader.rest.isEmpty else { return nil }
        self.init(requests: requests, events: events, covered: covered, isFull: isFull != 0)
    }

    // MARK: - Steps

    private static func append(_ request: RecordedRequest, to bytes: inout [UInt8]) {
        for text in [request.id, request.orchestrator, request.agents, request.caller] {
            bytes.append(text: text)
        }
        bytes.append(number: UInt64(request.type?.rawValue ?? 0), 1)
        bytes.append(number: UInt64(request.parent.map { $0 + 1 } ?? 0), 4)
        bytes.append(number: request.began, 8)
        bytes.append(number: request.last, 8)
        switch request.ending {
        case .open: bytes.append(number: 0, 1)
        case .answered: bytes.append(number: 1, 1)
        case .failed(let code):
            bytes.append(number: 2, 1)
            bytes.append(text: code)
        }
        bytes.append(number: UInt64(request.offsets.count), 4)
        for offset in request.offsets { bytes.append(number: offset, 8) }
    }

    private static func request(_ reader: inout ByteReader, below place: Int) -> RecordedRequest? {
        guard let id = reader.text(), let orchestrator = reader.text(), let agents = reader.text(),
            let caller = reader.text(), let type = reader.number(1), let parent = reader.number(4),
            parent <= UInt64(place), let began = reader.number(8), let last = reader.number(8),
            let ending = ending(&reader), let count = reader.number(4),
            count <= UInt64(reader.rest.count / 8)
        else { return nil }
        var request = RecordedRequest(id, at: began)
        request.orchestrator = orchestrator
        request.agents = agents
        request.caller = caller
        request.type = MessageType(rawValue: UInt8(type))
        request.parent = parent == 0 ? nil : Int(parent) - 1
        request.last = last
        request.ending = ending
        for _ in 0..<count { request.offsets.append(reader.number(8) ?? 0) }
        return request
    }

    private static func ending(_ reader: inout ByteReader) -> RecordedRequest.Ending? {
        switch reader.number(1) {
        case 0: .open
        case 1: .answered
        case 2: reader.text().map { .failed(code: $0) }
        default: nil
        }
    }
}
