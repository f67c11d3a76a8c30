import Telemetry
import Testing
import Wire

/// What a sender of pieces does, and what must come of it.
@Suite("Pieces of a content")
struct PartTests {
    /// One message of a sender, by what matters of it.
    struct Event: Sendable {
        let mark: PartAssembler.Mark
        let count: Int

        /// A PART: piece `sequence` of `parts`.
        static func piece(_ id: String, _ sequence: UInt64, of parts: UInt32, _ count: Int = 10)
            -> Event
        {
            Event(mark: .init(messageID: id, sequence: sequence, parts: parts), count: count)
        }

        /// The message itself: the last of `parts`, or all of it.
        static func message(_ id: String, of parts: UInt32 = 0, _ count: Int = 10) -> Event {
            Event(mark: .init(messageID: id, sequence: nil, parts: parts), count: count)
        }
    }

    enum Outcome: Equatable, Sendable {
        case waits
        case delivers(Int)
        case refuses(WireCode)

        init(_ action: PartAssembler.Action) {
            switch action {
            case .wait: self = .waits
            case .deliver(let content): self = .delivers(content.count)
            case .refuse(let fault):
                self = (fault.code as? WireCode).map(Outcome.refuses) ?? .refuses(.internal)
            }
        }
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let steps: [(Event, Outcome)]

        init(_ name: String, _ steps: (Event, Outcome)...) {
            testDescription = name
            self.steps = steps
        }
    }

    static let honest: [Case] = [
        Case("a message that holds all of it", (.message("a"), .delivers(10))),
        Case("an empty message", (.message("a", of: 0, 0), .delivers(0))),
        Case("a message of one part", (.message("a", of: 1), .delivers(10))),
        Case("the largest message", (.message("a", of: 0, 65_536), .delivers(65_536))),
        Case(
            "three pieces", (.piece("a", 1, of: 3), .waits), (.piece("a", 2, of: 3), .waits),
            (.message("a", of: 3, 1), .delivers(21))),
        Case(
            "two messages in pieces, one after the other",
            (.piece("a", 1, of: 2), .waits), (.message("a", of: 2), .delivers(20)),
            (.piece("b", 1, of: 2), .waits), (.message("b", of: 2), .delivers(20))),
        Case(
            "the same message once more",
            (.piece("a", 1, of: 2), .waits), (.message("a", of: 2), .delivers(20)),
            (.piece("a", 1, of: 2), .waits), (.message("a", of: 2), .delivers(20))),
        Case(
            "a new message, the old one abandoned",
            (.piece("a", 1, of: 3, 1000), .waits), (.piece("b", 1, of: 2), .waits),
            (.message("b", of: 2), .delivers(20))),
    ]

    static let impossible: [Case] = [
        Case(
            "a gap", (.piece("a", 1, of: 4), .waits), (.piece("a", 3, of: 4), .refuses(.frames)),
            (.message("a", of: 4), .refuses(.frames))),
        Case("a start in the middle", (.piece("a", 2, of: 3), .refuses(.frames))),
        Case("an end without a start", (.message("a", of: 3), .refuses(.frames))),
        Case(
            "an end too early", (.piece("a", 1, of: 3), .waits),
            (.message("a", of: 3), .refuses(.frames))),
        Case(
            "a duplicate", (.piece("a", 1, of: 3), .waits), (.piece("a", 2, of: 3), .waits),
            (.piece("a", 2, of: 3), .refuses(.frames))),
        Case(
            "a first piece twice", (.piece("a", 1, of: 3), .waits),
            (.piece("a", 1, of: 3), .refuses(.frames))),
        Case(
            "another number of parts", (.piece("a", 1, of: 3), .waits),
            (.piece("a", 2, of: 4), .refuses(.frames))),
        Case(
            "another number of parts at the end", (.piece("a", 1, of: 2), .waits),
            (.message("a", of: 3), .refuses(.frames))),
        Case(
            "a piece of the abandoned message", (.piece("a", 1, of: 3), .waits),
            (.piece("b", 1, of: 3), .waits), (.piece("a", 2, of: 3), .refuses(.frames)),
            (.piece("b", 2, of: 3), .refuses(.frames))),
        Case(
            "another message in between", (.piece("a", 1, of: 2), .waits),
            (.message("b"), .delivers(10)), (.message("a", of: 2), .refuses(.frames))),
        Case("piece 0", (.piece("a", 0, of: 3), .refuses(.frames))),
        Case("the last piece as PART", (.piece("a", 2, of: 2), .refuses(.frames))),
        Case("a piece beyond the last", (.piece("a", .max, of: 2), .refuses(.frames))),
        Case("a piece of nothing", (.piece("a", 1, of: 0), .refuses(.frames))),
        Case("a piece of one", (.piece("a", 1, of: 1), .refuses(.frames))),
        Case("an empty piece", (.piece("a", 1, of: 2, 0), .refuses(.frames))),
        Case("a piece without an id", (.piece("", 1, of: 2), .refuses(.frames))),
        Case(
            "a fresh start after a refusal", (.piece("a", 2, of: 3), .refuses(.frames)),
            (.piece("a", 1, of: 2), .waits), (.message("a", of: 2), .delivers(20))),
    ]

    static let large: [Case] = [
        Case("a message above 64 KiB", (.message("a", of: 0, 65_537), .refuses(.tooLarge))),
        Case("a piece above 64 KiB", (.piece("a", 1, of: 2, 65_537), .refuses(.tooLarge))),
        Case("too many parts", (.piece("a", 1, of: 65), .refuses(.tooLarge))),
        Case("2^32-1 parts", (.piece("a", 1, of: .max), .refuses(.tooLarge))),
    ]

    @Test("B10 in order make the content again", arguments: honest)
    func assembles(_ row: Case) { run(row) }

    @Test("B10 that cannot follow each other are refused", arguments: impossible)
    func refuses(_ row: Case) { run(row) }

    @Test("B10 that are too large or too many are refused", arguments: large)
    func tooLarge(_ row: Case) { run(row) }

    @Test("B10 of 1 MiB pass, one byte more is refused and nothing is kept")
    func bounded() {
        for surplus in [0, 1] {
            var assembler = PartAssembler()
            for sequence in 1...UInt64(16) {
                let piece = Event.piece("a", sequence, of: 17, 65_536 - (sequence == 1 ? 1 : 0))
                #expect(Outcome(feed(piece, to: &assembler)) == .waits)
            }
            let end = Outcome(feed(.message("a", of: 17, 1 + surplus), to: &assembler))
            #expect(end == (surplus == 0 ? .delivers(1 << 20) : .refuses(.tooLarge)))
            #expect(assembler.pending == 0)
        }
    }

    @Test(
        "B10 are cut and put together to the same bytes",
        arguments: [0, 1, 65_535, 65_536, 65_537, 131_072, 131_073, 1_048_575, 1_048_576])
    func cutAndAssemble(_ count: Int) throws {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
        var assembler = PartAssembler()
        var delivered: [UInt8]?
        for piece in try PartSplitter(ContentBytes(bytes)) {
            #expect(delivered == nil)
            let (envelope, content) = envelope(of: piece)
            #expect(content.count <= WireLimits.part)
            let encoded = envelope.encoded()
            let view = try unsafe EnvelopeView(encoded.span.bytes)
            if case .deliver(let whole) = assembler.receive(view, content) {
                delivered = whole.array
            }
        }
        #expect(delivered == bytes)
        #expect(assembler.pending == 0)
    }

    @Test("B10 are not made of a content above 1 MiB")
    func refusedBySender() {
        let content = ContentBytes([UInt8](repeating: 0, count: 1 << 20 + 1))
        #expect(fault { try PartSplitter(content) }?.has(WireCode.tooLarge) == true)
    }

    private func run(_ row: Case) {
        var assembler = PartAssembler()
        for (index, (event, outcome)) in row.steps.enumerated() {
            let action = feed(event, to: &assembler)
            #expect(Outcome(action) == outcome, "step \(index + 1)")
            if case .wait = action {} else { #expect(assembler.pending == 0) }
        }
    }

    private func feed(_ event: Event, to assembler: inout PartAssembler) -> PartAssembler.Action {
        assembler.receive(event.mark, ContentBytes([UInt8](repeating: 7, count: event.count)))
    }

    private func envelope(of piece: PartSplitter.Piece) -> (Envelope, any Content) {
        var envelope = Envelope(.part)
        envelope.messageID = "m1"
        switch piece {
        case .part(let sequence, let parts, let content):
            (envelope.sequence, envelope.parts) = (sequence, parts)
            return (envelope, content)
        case .message(let parts, let content):
            (envelope.type, envelope.parts) = (.result, parts)
            return (envelope, content)
        }
    }
}
