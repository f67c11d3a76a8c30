import Testing
import Wire

@testable import WorkerKit

/// What the numbers of broadcasts tell.
@Suite struct SequenceWatchTests {
    struct Row: Sendable {
        var epoch = "1"
        let sequence: UInt64
        let arrival: SequenceWatch.Arrival
    }

    static let stories: [[Row]] = [
        [
            Row(sequence: 1, arrival: .first), Row(sequence: 2, arrival: .next),
            Row(sequence: 3, arrival: .next),
        ],
        // Whoever comes late has lost nothing.
        [Row(sequence: 900, arrival: .first), Row(sequence: 901, arrival: .next)],
        [
            Row(sequence: 1, arrival: .first), Row(sequence: 3, arrival: .gap(1)),
            Row(sequence: 4, arrival: .next), Row(sequence: 14, arrival: .gap(9)),
        ],
        [
            Row(sequence: 5, arrival: .first), Row(sequence: 5, arrival: .repeated),
            Row(sequence: 4, arrival: .repeated), Row(sequence: 6, arrival: .next),
        ],
        // A restarted orchestrator counts anew.
        [
            Row(sequence: 7, arrival: .first), Row(epoch: "2", sequence: 1, arrival: .first),
            Row(epoch: "2", sequence: 2, arrival: .next),
            Row(epoch: "3", sequence: 9, arrival: .first),
            Row(epoch: "3", sequence: 11, arrival: .gap(1)),
        ],
        // Numbers that no orchestrator gives.
        [
            Row(sequence: 0, arrival: .repeated), Row(sequence: .max, arrival: .first),
            Row(sequence: 0, arrival: .repeated), Row(sequence: .max, arrival: .repeated),
        ],
        [Row(sequence: 1, arrival: .first), Row(sequence: .max, arrival: .gap(.max - 2))],
    ]

    @Test("S5-40 a gap in the numbers of broadcasts shows what was lost", arguments: stories)
    func story(_ rows: [Row]) throws {
        var watch = SequenceWatch()
        for row in rows {
            var envelope = Envelope(.broadcast)
            envelope.fence = row.epoch
            envelope.sequence = row.sequence
            let bytes = envelope.encoded()
            let arrival = try unsafe watch.note(EnvelopeView(bytes.span.bytes))
            #expect(arrival == row.arrival)
        }
    }
}
