import Document
import Telemetry
import TestKit
import Testing
import Wire

@testable import baton

/// Recordings of the tap: what is written is read, and what is damaged is told.
@Suite struct RecordingTests {
    private func read(_ bytes: [UInt8]) throws -> Recording {
        try Recording(RecordingBytes(bytes), path: "x.tap")
    }

    private func write(
        _ events: RecordingEvents, to path: String, closing: Bool = true,
        limits: RecordingIndex.Limits = .init()
    ) throws {
        let writer = try RecordingWriter(
            path: path, replacing: true, note: "of a test", limits: limits)
        for event in events.events {
            try writer.append(event.event, from: event.orchestrator)
        }
        if closing { try writer.close() } else { try writer.flush() }
    }

    @Test("what was written is read again, event by event, with the requests and the note")
    func roundTrip() throws {
        let folder = try TemporaryFolder()
        var events = RecordingEvents.call("one")
        events.call("two")
        events.add(.ping, "", left: true)
        try write(events, to: "\(folder.path)/x")
        let recording = try Recording(path: "\(folder.path)/x")
        #expect(try recording.events() == events.events)
        #expect(recording.requests.map(\.id) == ["one", "two"])
        #expect(try recording.events(of: "two") == Array(events.events[4..<8]))
        #expect(try recording.events(of: "three").isEmpty)
        #expect(recording.about == "of a test" && recording.notes.isEmpty)
    }

    @Test("the index says of a request whose it is, when it was, and how it ended")
    func summary() throws {
        var events = RecordingEvents.pipeline("p")
        events.begin(.request, "f", "fail")
        events.end(.error, "f") { $0.error = WireError(code: "failed", message: "no") }
        events.begin(.request, "open", "echo")
        let requests = try read(events.recording()).requests
        #expect(requests.map(\.pattern) == ["pipeline", "call", "call"])
        #expect(requests.map(\.agents) == ["a,b,c", "fail", "echo"])
        #expect(requests.map(\.ending) == [.answered, .failed(code: "failed"), .open])
        #expect(requests.map(\.offsets.count) == [8, 2, 1])
        #expect(requests.first?.caller == "client.x" && requests.first?.orchestrator == "o1")
        #expect(requests.first?.took == .milliseconds(19))
        #expect(requests.first?.began == 1_790_000_000_001_000_000)
    }

    @Test("the tools' own questions are not among the requests")
    func questions() throws {
        var events = RecordingEvents()
        events.begin(.request, "q", "baton")
        events.end(.response, "q")
        events.call("one")
        #expect(try read(events.recording()).requests.map(\.id) == ["one"])
    }

    @Test("the call an agent made belongs to the request whose task it was made in")
    func lineage() throws {
        var events = RecordingEvents()
        events.begin(.request, "root", "boss")
        events.task("root", "boss#1", dispatch: 77)
        events.begin(.request, "child", "echo") {
            $0.sender = "boss#1"
            $0.dispatch = 77
            $0.depth = 1
        }
        events.task("child", "echo#1", dispatch: 78)
        events.add(.request, "grandchild", topic: "r/child/grandchild") { $0.sender = "echo#1" }
        events.begin(.request, "other", "echo") { $0.dispatch = 79 }
        let recording = try read(events.recording())
        #expect(recording.index.requests.map(\.parent) == [nil, 0, 1, nil])
        #expect(recording.index.root(of: 2) == 0)
        #expect(recording.index.family(of: 0) == [0, 1, 2])
        #expect(try recording.events(of: "root", family: true).count == 5)
        #expect(try recording.events(of: "root").count == 2)
    }

    @Test("a recording whose process was killed is read from its start, and says so")
    func withoutIndex() throws {
        let folder = try TemporaryFolder()
        let events = RecordingEvents.call()
        try write(events, to: "\(folder.path)/x", closing: false)
        let recording = try Recording(path: "\(folder.path)/x")
        #expect(recording.requests.map(\.id) == ["order-17"])
        #expect(try recording.events() == events.events)
        #expect(recording.notes.count == 1 && recording.notes[0].contains("not closed"))
    }

    @Test("a torn end is told with its place, wherever the file was cut")
    func torn() throws {
        let events = RecordingEvents.call()
        let whole = events.open()
        let last = events.ranges()[3]
        for end in last.lowerBound + 1..<last.upperBound {
            let recording = try read(Array(whole.prefix(end)))
            #expect(try recording.events() == Array(events.events.prefix(3)))
            #expect(recording.notes.last?.contains("from byte \(last.lowerBound) on") == true)
        }
    }

    @Test("a damaged event is told with its place, left out, and the next ones are read")
    func damaged() throws {
        var events = RecordingEvents.call("one")
        events.call("two")
        let range = events.ranges()[2]
        for place in range {
            var bytes = events.open()
            bytes[place] ^= 0x40
            let recording = try read(bytes)
            #expect(try recording.events().count == 7)
            let note =
                "It is damaged at byte \(range.lowerBound): \(range.count) bytes are left out."
            #expect(recording.notes.last == note)
        }
    }

    @Test("an event that was damaged behind the index is left out, and its place is told")
    func damagedBehindIndex() throws {
        let events = RecordingEvents.call()
        var bytes = events.recording()
        bytes[events.ranges()[1].upperBound - 1] ^= 1
        let recording = try read(bytes)
        #expect(try recording.events(of: "order-17").count == 3)
        #expect(try recording.events(of: "order-17").count == 3)
        let place = events.ranges()[1].lowerBound
        #expect(recording.notes == ["It is damaged: there is no event at byte \(place)."])
        #expect(try recording.events().count == 3)
    }

    @Test("a damaged index is made again")
    func damagedIndex() throws {
        let events = RecordingEvents.call()
        var bytes = events.recording()
        bytes[events.open().count + 20] ^= 1
        let recording = try read(bytes)
        #expect(recording.requests.map(\.id) == ["order-17"])
        #expect(recording.notes.first?.contains("index at byte") == true)
    }

    @Test("beyond what an index holds events are found by reading", arguments: [true, false])
    func full(closed: Bool) throws {
        var events = RecordingEvents()
        for number in 0..<10 { events.call("r-\(number)") }
        var limits = RecordingIndex.Limits()
        limits.requests = 4
        let bytes = closed ? events.recording(limits) : events.open()
        let recording = try Recording(RecordingBytes(bytes), path: "x", limits: limits)
        #expect(recording.requests.count == 4)
        #expect(recording.notes.last?.contains("more requests") == true)
        #expect(try recording.events(of: "r-2").count == 4)
        #expect(try recording.events(of: "r-9").count == 4)
        #expect(try recording.events().count == 40)
    }

    @Test("what is no recording, or another version's, is refused")
    func foreign() throws {
        #expect(throws: Fault.self) { try read([]) }
        #expect(throws: Fault.self) { try read(Array("{}".utf8)) }
        let fault = #expect(throws: Fault.self) { try read(Array("baton-recording 2\n".utf8)) }
        #expect(fault?.message.contains("another version") == true)
        #expect(throws: Fault.self) { try Recording(path: "/dev/null") }
        #expect(throws: Fault.self) { try Recording(path: "/nowhere/x") }
        #expect(try read(RecordingFormat.magic).requests.isEmpty)
    }

    @Test("a file that is there is not written over unless it may be")
    func replacing() throws {
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/x"
        try write(.call(), to: path)
        let fault = #expect(throws: Fault.self) {
            _ = try RecordingWriter(path: path, replacing: false)
        }
        #expect(fault?.has(Exit.cannotCreate) == true)
        try write(RecordingEvents(), to: path)
        #expect(try Recording(path: path).events().isEmpty)
        #expect(throws: Fault.self) { _ = try RecordingWriter(path: "/dev/null", replacing: true) }
    }

    @Test("no damage traps, and sound events are the only ones that are read", arguments: 0..<4)
    func noise(seed: Int) throws {
        var random = SplitMix64(seed: UInt64(seed))
        var events = RecordingEvents.pipeline()
        events.call("x")
        let known = Set(events.events)
        for whole in [events.recording(), events.open()] {
            for _ in 0..<150 {
                let bytes = Self.damage(whole, &random)
                guard let recording = try? read(bytes) else { continue }
                let found = try recording.events()
                #expect(found.allSatisfy(known.contains))
                for request in recording.index.requests {
                    _ = try? recording.events(of: request.id, family: true)
                    _ = request.took
                }
            }
        }
    }

    /// Bytes that are changed, cut out, doubled or cut off.
    private static func damage(_ bytes: [UInt8], _ random: inout SplitMix64) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty {
            let place = Int.random(in: 0..<bytes.count, using: &random)
            let end = min(bytes.count, place + Int.random(in: 1...40, using: &random))
            switch Int.random(in: 0..<5, using: &random) {
            case 0: bytes[place] ^= UInt8.random(in: 1...255, using: &random)
            case 1: bytes.removeSubrange(place..<end)
            case 2: bytes.insert(contentsOf: bytes[place..<end], at: place)
            case 3: for index in place..<end { bytes[index] = .random(in: 0...255, using: &random) }
            default: bytes.removeLast(min(bytes.count, 40))
            }
        }
        return bytes
    }

    @Test("an index that was damaged and sealed again still traps nowhere", arguments: 0..<4)
    func indexNoise(seed: Int) throws {
        var random = SplitMix64(seed: UInt64(seed) + 100)
        let events = RecordingEvents.pipeline()
        let index = try read(events.recording()).index.bytes
        for _ in 0..<200 {
            let damaged = Self.damage(index, &random)
            var bytes = events.open()
            let start = UInt64(bytes.count)
            RecordingFormat.append(.index, damaged, to: &bytes)
            bytes += RecordingFormat.trailer(indexAt: start)
            let recording = try read(bytes)
            for place in recording.index.requests.indices {
                _ = recording.index.root(of: place)
                let id = recording.index.requests[place].id
                _ = try? recording.events(of: id, family: true)
                _ = recording.index.requests[place].took
            }
        }
    }
}
