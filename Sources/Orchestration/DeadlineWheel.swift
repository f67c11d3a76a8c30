package import Reactor
import Telemetry

/// When each slot is due: adding and removing cost the same few steps however many there are.
///
/// A wheel of buckets of 16 ms each; a slot stands in the bucket of its due time and is passed over
/// until its round comes. Slots are linked by index, so nothing is allocated once the table has its
/// size.
package struct DeadlineWheel {
    private static let tick: Int64 = 16_000_000
    private static let buckets = 4096
    private static let none: Int32 = -1

    private var heads = [Int32](repeating: none, count: buckets)
    private var entries: [Entry] = []
    private var swept: Int64 = 0
    package private(set) var count = 0

    private struct Entry {
        var due = Instant.zero
        var bucket: Int32 = none
        var previous: Int32 = none
        var next: Int32 = none
    }

    package init() {}

    /// Notes when the slot is due, in place of what was noted before.
    package mutating func set(_ slot: Int, due: Instant) {
        remove(slot)
        while entries.count <= slot { entries.append(Entry()) }
        let tick = max(due.nanoseconds / Self.tick, swept)
        let bucket = Int(tick % Int64(Self.buckets))
        let head = heads[bucket]
        entries[slot] = Entry(due: due, bucket: Int32(bucket), next: head)
        if head != Self.none { entries[Int(head)].previous = Int32(slot) }
        heads[bucket] = Int32(slot)
        count += 1
    }

    package func contains(_ slot: Int) -> Bool {
        slot < entries.count && entries[slot].bucket != Self.none
    }

    package mutating func remove(_ slot: Int) {
        guard slot < entries.count, entries[slot].bucket != Self.none else { return }
        let entry = entries[slot]
        if entry.next != Self.none { entries[Int(entry.next)].previous = entry.previous }
        if entry.previous != Self.none {
            entries[Int(entry.previous)].next = entry.next
        } else {
            heads[Int(entry.bucket)] = entry.next
        }
        entries[slot] = Entry()
        count -= 1
    }

    /// Takes out everything that is due by now, in no particular order.
    package mutating func takeDue(by now: Instant) -> [Int] {
        let current = now.nanoseconds / Self.tick
        guard count > 0 else {
            swept = max(swept, current)
            return []
        }
        var due: [Int] = []
        let first = max(swept, current - Int64(Self.buckets) + 1)
        for tick in stride(from: first, through: current, by: 1) {
            collect(Int(tick % Int64(Self.buckets)), by: now, into: &due)
        }
        swept = max(swept, current)
        return due
    }

    private mutating func collect(_ bucket: Int, by now: Instant, into due: inout [Int]) {
        var slot = heads[bucket]
        while slot != Self.none {
            let entry = entries[Int(slot)]
            if entry.due <= now {
                due.append(Int(slot))
                remove(Int(slot))
            }
            slot = entry.next
        }
    }
}
