/// Deadlines in order, each with what it is for. It owns no clock: the caller says what time it is,
/// so the same queue serves real and virtual time. It must never fire an entry twice or one that
/// was removed.
///
/// A binary heap over plain numbers; payloads stay in their slot while the heap is sifted. Adding,
/// moving and removing are O(log n), looking at the earliest is O(1).
package struct TimerQueue<Payload> {
    /// Names one timer for as long as it lives; a token of a removed timer is silently ignored.
    package struct Token: Hashable, Sendable {
        fileprivate let slot: Int
        fileprivate let generation: UInt64
    }

    private struct Entry {
        var deadline: Instant
        var sequence: UInt64
        var slot: Int

        func precedes(_ other: Entry) -> Bool {
            deadline == other.deadline ? sequence < other.sequence : deadline < other.deadline
        }
    }

    private struct Slot {
        var generation: UInt64
        var payload: Payload?
        var interval: Duration?
        /// Where the heap holds it, or nothing while it is not armed.
        var position: Int?
    }

    private var heap: [Entry] = []
    private var slots: [Slot] = []
    private var free: [Int] = []
    private var nextSequence: UInt64 = 0

    package init() {}

    /// How many timers are armed.
    package var count: Int { heap.count }

    package var earliest: Instant? { heap.first?.deadline }

    /// Entries made from here on are newer than this mark; `popDue` leaves them for the next round.
    package var mark: UInt64 { nextSequence }

    package mutating func add(
        _ payload: Payload, at deadline: Instant, every interval: Duration? = nil
    ) -> Token {
        let slot: Int
        if let reused = free.popLast() {
            slot = reused
            slots[slot].payload = payload
            slots[slot].interval = interval
        } else {
            slot = slots.count
            slots.append(Slot(generation: 0, payload: payload, interval: interval, position: nil))
        }
        arm(slot, at: deadline)
        return Token(slot: slot, generation: slots[slot].generation)
    }

    /// Arms the timer for another time, whether it has fired, was disarmed or is still waiting.
    package mutating func move(_ token: Token, to deadline: Instant) {
        guard isCurrent(token) else { return }
        disarm(token.slot)
        arm(token.slot, at: deadline)
    }

    /// Keeps the timer but lets it wait for nothing until it is moved.
    package mutating func disarm(_ token: Token) {
        guard isCurrent(token) else { return }
        disarm(token.slot)
    }

    /// Forgets the timer and hands back what it was for.
    @discardableResult
    package mutating func remove(_ token: Token) -> Payload? {
        guard isCurrent(token) else { return nil }
        disarm(token.slot)
        slots[token.slot].generation &+= 1
        free.append(token.slot)
        return slots[token.slot].payload.take()
    }

    /// The next timer that is due and older than `mark`. A repeating one is armed again first,
    /// after `now`, however many turns it missed.
    package mutating func popDue(at now: Instant, before mark: UInt64) -> Payload? {
        guard let entry = heap.first, entry.deadline <= now, entry.sequence < mark else {
            return nil
        }
        disarm(entry.slot)
        if let interval = slots[entry.slot].interval {
            let next = entry.deadline.advanced(by: interval)
            arm(entry.slot, at: next > now ? next : now.advanced(by: interval))
        }
        return slots[entry.slot].payload
    }

    private func isCurrent(_ token: Token) -> Bool {
        slots.indices.contains(token.slot) && slots[token.slot].generation == token.generation
            && slots[token.slot].payload != nil
    }

    private mutating func arm(_ slot: Int, at deadline: Instant) {
        heap.append(Entry(deadline: deadline, sequence: nextSequence, slot: slot))
        nextSequence &+= 1
        siftUp(heap.count - 1)
    }

    private mutating func disarm(_ slot: Int) {
        guard let position = slots[slot].position.take() else { return }
        let last = heap.removeLast()
        guard position < heap.count else { return }
        heap[position] = last
        siftUp(position)
        siftDown(slots[last.slot].position ?? position)
    }

    private mutating func siftUp(_ start: Int) {
        var position = start
        let entry = heap[position]
        while position > 0 {
            let parent = (position - 1) / 2
            guard entry.precedes(heap[parent]) else { break }
            place(heap[parent], at: position)
            position = parent
        }
        place(entry, at: position)
    }

    private mutating func siftDown(_ start: Int) {
        var position = start
        let entry = heap[position]
        while true {
            var child = 2 * position + 1
            guard child < heap.count else { break }
            if child + 1 < heap.count, heap[child + 1].precedes(heap[child]) { child += 1 }
            guard heap[child].precedes(entry) else { break }
            place(heap[child], at: position)
            position = child
        }
        place(entry, at: position)
    }

    private mutating func place(_ entry: Entry, at position: Int) {
        heap[position] = entry
        slots[entry.slot].position = position
    }
}
