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
        ResultOutbox.Key(tenant: "t", request: "r\(number)", step: 1, attempt: 1)
    }

    private static func moment(_ milliseconds: Int64) -> Instant {
        Instant(nanoseconds: milliseconds * 1_000_000)
    }

    private static func place(_ link: LinkID, _ dispatch: Int) -> TaskHome {
        TaskHome(link: link, dispatch: UInt64(dispatch))
    }

    private static func add(_ number: Int, to outbox: inout ResultOutbox, _ bytes: Int = 10) {
        let entry = ResultOutbox.Entry(
            key(number), agent: "pay", home: place(home, number), fence: "5", envelope: [1, 2],
            ContentBytes([UInt8](repeating: 0, count: bytes)))
        outbox.add(entry, at: moment(0))
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

    @Test("F43 a result goes home, and to one after the other while its home is not there")
    func destination() {
        var outbox = ResultOutbox()
        Self.add(1, to: &outbox)
        func goes(_ live: [LinkID]) -> LinkID? { outbox.destination(of: Self.key(1), live: live) }
        let (home, other, third) = (Self.home, Self.other, LinkID(number: 2))
        #expect(goes([other, home]) == home)
        #expect(goes([]) == nil)
        let first = goes([other, third])
        let turns = [goes([other, third]), goes([other, third]), goes([other])]
        #expect(first == third && turns == [other, third, other])
        #expect(goes([other, home, third]) == home)
    }

    @Test("F43 a result whose home is lost is due at once, and again when anybody is there")
    func lost() {
        var outbox = ResultOutbox()
        Self.add(1, to: &outbox)
        outbox.lost(Self.other, at: Self.moment(1))
        let early = outbox.takeDue(at: Self.moment(1))
        outbox.lost(Self.home, at: Self.moment(2))
        let due = outbox.takeDue(at: Self.moment(2))
        outbox.found(Self.other, live: [Self.other], at: Self.moment(3))
        let again = outbox.takeDue(at: Self.moment(3))
        outbox.found(Self.home, live: [Self.other, Self.home], at: Self.moment(4))
        let home = outbox.takeDue(at: Self.moment(4))
        outbox.found(Self.other, live: [Self.other, Self.home], at: Self.moment(5))
        let late = outbox.takeDue(at: Self.moment(5))
        #expect([early, due, again, home, late].map(\.count) == [0, 1, 1, 1, 0])
    }

    @Test("F41 whoever takes an attempt over with a higher fence has its result, and nobody else")
    func moves() throws {
        var outbox = ResultOutbox()
        Self.add(1, to: &outbox)
        let (key, now) = (Self.key(1), Self.moment(9))
        let (old, new) = (Self.place(Self.home, 1), Self.place(Self.other, 1))
        func move(_ home: TaskHome, _ fence: UInt64) -> Bool {
            outbox.move(key, to: home, fence: Fence(fence), at: now) != nil
        }
        #expect(!move(new, 4) && !move(new, 5))
        #expect(outbox.key(at: old) == key && outbox.key(at: new) == nil)
        #expect(move(new, 6) && move(new, 6) && !move(old, 6) && !move(old, 5))
        #expect(outbox.key(at: old) == nil && outbox.key(at: new) == key)
        #expect(outbox[key]?.fence == "6")
        let unknown = outbox.move(Self.key(2), to: new, fence: Fence(9), at: now)
        #expect(unknown == nil)
        let removed = outbox.remove(key)
        #expect(removed != nil && outbox.key(at: new) == nil)
    }

    @Test("F43 a result that has moved has no home, and goes first to another one")
    func disowned() {
        var outbox = ResultOutbox()
        Self.add(1, to: &outbox)
        outbox.loseHome(Self.key(1), at: Self.moment(1))
        let due = outbox.takeDue(at: Self.moment(1)).count
        let ways = [[Self.home, Self.other], [Self.home, Self.other], [Self.home]].map {
            outbox.destination(of: Self.key(1), live: $0)
        }
        #expect(due == 1 && ways == [Self.other, Self.home, Self.home])
        #expect(outbox.key(at: Self.place(Self.home, 1)) == nil)
    }

    @Test("a word about an effect goes to another only when its own was lost for five seconds")
    func words() {
        var outbox = ResultOutbox()
        func goes(_ live: [LinkID], _ milliseconds: Int64) -> LinkID? {
            outbox.destination(
                from: Self.home, live: live, any: live.first, at: Self.moment(milliseconds))
        }
        #expect(goes([Self.other, Self.home], 0) == Self.home)
        #expect(goes([Self.other], 0) == nil)
        outbox.lost(Self.home, at: Self.moment(1000))
        #expect(goes([Self.other], 5999) == nil)
        #expect(goes([Self.other], 6000) == Self.other)
        #expect(goes([], 6000) == nil)
        outbox.found(Self.home, live: [Self.home], at: Self.moment(6000))
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
}

/// The file that results outlive their process in.
@Suite struct OutboxFileTests {
    private static func result(
        _ number: UInt64, _ tenant: String = "t"
    ) -> (ResultOutbox.Key, OutboxRecords.Record) {
        var envelope = Envelope(.result)
        envelope.requestID = "r\(number)"
        envelope.step = 1
        envelope.attempt = 2
        envelope.dispatch = number
        let key = ResultOutbox.Key(
            tenant: tenant, request: "r\(number)", step: 1, attempt: 2)
        return (key, .result(tenant: tenant, envelope: envelope.encoded(), content: [1, 2, 3]))
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

    @Test("what is acknowledged is one tenant's; older files did not say whose")
    func tenants() {
        let kept = [Self.result(1, "t").1, Self.result(1, "u").1]
        func left(_ tenant: String) -> [String] {
            let key = ResultOutbox.Key(tenant: tenant, request: "r1", step: 1, attempt: 2)
            let bytes = (kept + [.acknowledged(key)]).flatMap(OutboxRecords.encode)
            return OutboxRecords.open(OutboxRecords.decode(bytes).records).map(\.0.tenant)
        }
        #expect(left("t") == ["u"] && left("u") == ["t"] && left("x") == ["t", "u"])
        #expect(left("").isEmpty)
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
