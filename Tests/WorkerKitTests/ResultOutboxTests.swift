import Bus
import Reactor
import Telemetry
import TestKit
import Testing
import Wire

@testable import WorkerKit

/// Results that wait for their acknowledgement.
@Suite struct ResultOutboxTests {
    private static let home = LinkID(number: 0)
    private static let other = LinkID(number: 1)

    private static func key(_ number: Int) -> ResultOutbox.Key {
        ResultOutbox.Key(request: "r\(number)", step: 1, attempt: 1, dispatch: UInt64(number))
    }

    private static func moment(_ milliseconds: Int64) -> Instant {
        Instant(nanoseconds: milliseconds * 1_000_000)
    }

    private static func add(_ number: Int, to outbox: inout ResultOutbox, _ bytes: Int = 10) {
        outbox.add(
            key(number), link: home, envelope: [1, 2],
            ContentBytes([UInt8](repeating: 0, count: bytes)), at: moment(0))
    }

    @Test("a result is sent again after 250 ms, doubling to 5 s, until it is acknowledged")
    func resends() {
        var outbox = ResultOutbox()
        Self.add(1, to: &outbox)
        var now: Int64 = 0
        for delay: Int64 in [250, 500, 1000, 2000, 4000, 5000, 5000] {
            let early = outbox.takeDue(at: Self.moment(now + delay - 1))
            #expect(early.isEmpty)
            now += delay
            let due = outbox.takeDue(at: Self.moment(now))
            #expect(due.count == 1)
        }
        let (first, second) = (outbox.remove(Self.key(1)), outbox.remove(Self.key(1)))
        #expect(first != nil)
        #expect(second == nil)
        #expect(outbox.nextDue == nil)
    }

    @Test("another orchestrator gets it only when its own was lost for five seconds")
    func destination() throws {
        var outbox = ResultOutbox()
        Self.add(1, to: &outbox)
        let entry = try #require(outbox[Self.key(1)])
        func goes(_ live: [LinkID], _ milliseconds: Int64) -> LinkID? {
            outbox.destination(
                of: entry, live: live, any: live.first, at: Self.moment(milliseconds))
        }
        #expect(goes([Self.other, Self.home], 0) == Self.home)
        #expect(goes([Self.other], 0) == nil)
        outbox.lost(Self.home, at: Self.moment(1000))
        #expect(goes([Self.other], 5999) == nil)
        #expect(goes([Self.other], 6000) == Self.other)
        #expect(goes([], 6000) == nil)
        outbox.found(Self.home)
        #expect(goes([Self.other], 9000) == nil)
    }

    @Test("it is full at its number or its bytes, and open again with a quarter free")
    func limits() {
        var limits = ResultOutbox.Limits()
        limits.results = 8
        limits.bytes = 10_000
        var outbox = ResultOutbox(limits)
        for number in 1...7 { Self.add(number, to: &outbox) }
        #expect(!outbox.isFull)
        Self.add(8, to: &outbox)
        #expect(outbox.isFull)
        _ = outbox.remove(Self.key(1))
        #expect(outbox.isFull)
        _ = outbox.remove(Self.key(2))
        #expect(!outbox.isFull)
        Self.add(9, to: &outbox, 9_500)
        #expect(outbox.isFull)
    }

    @Test("a link that is back gets its results at once")
    func hurry() {
        var outbox = ResultOutbox()
        Self.add(1, to: &outbox)
        outbox.hurry(Self.other, at: Self.moment(1))
        let others = outbox.takeDue(at: Self.moment(1))
        #expect(others.isEmpty)
        outbox.hurry(Self.home, at: Self.moment(1))
        let own = outbox.takeDue(at: Self.moment(1))
        #expect(own.count == 1)
    }
}

/// The file that results outlive their process in.
@Suite struct OutboxFileTests {
    private static func result(_ number: UInt64) -> (ResultOutbox.Key, OutboxRecords.Record) {
        var envelope = Envelope(.result)
        envelope.requestID = "r\(number)"
        envelope.step = 1
        envelope.attempt = 2
        envelope.dispatch = number
        let key = ResultOutbox.Key(request: "r\(number)", step: 1, attempt: 2, dispatch: number)
        return (key, .result(tenant: "t", envelope: envelope.encoded(), content: [1, 2, 3]))
    }

    @Test("what was appended and not acknowledged is there after a restart, in its order")
    func restart() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("out")
        do {
            let (file, kept) = try OutboxFile.open(folder: path, log: .silent)
            #expect(kept.isEmpty)
            for number: UInt64 in 1...3 { file.append(Self.result(number).1) }
            file.append(.acknowledged(Self.result(2).0))
        }
        let (file, kept) = try OutboxFile.open(folder: path, log: .silent)
        #expect(kept.map(\.0.request) == ["r1", "r3"])
        file.empty()
    }

    @Test("a second process is refused the folder of the first")
    func locked() throws {
        let folder = try TemporaryFolder()
        let (file, _) = try OutboxFile.open(folder: folder.path, log: .silent)
        #expect(throws: Fault.self) { try OutboxFile.open(folder: folder.path, log: .silent) }
        withExtendedLifetime(file) {}
    }

    @Test("a torn tail is cut off wherever it tore, and nothing before it is lost")
    func torn() {
        let first = OutboxRecords.encode(Self.result(1).1)
        let bytes = first + OutboxRecords.encode(Self.result(2).1)
        for length in first.count..<bytes.count {
            let reading = OutboxRecords.decode(Array(bytes[..<length]))
            #expect(reading.length == first.count)
            #expect(OutboxRecords.open(reading.records).map(\.0.request) == ["r1"])
        }
    }

    @Test("no flipped byte is taken for a record")
    func flipped() {
        let bytes = OutboxRecords.encode(Self.result(1).1)
        for index in bytes.indices {
            var damaged = bytes
            damaged[index] ^= 0x40
            #expect(OutboxRecords.decode(damaged).records.isEmpty)
        }
    }
}
