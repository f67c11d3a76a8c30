/// An entry of a slot table: it knows whether it is in use and how often its slot was used.
protocol SlotEntry {
    /// Grows with every use of the slot, so that an old token never meets a new use.
    var generation: UInt32 { get set }
    var isFree: Bool { get }

    init()

    /// Lets go of all that belonged to one use; what every use sets anew may be left as it is.
    mutating func clear()
}

/// Entries in numbered slots that are used again and again, so that nothing is allocated once the
/// table has its size.
struct SlotTable<Entry: SlotEntry> {
    private(set) var slots: [Entry] = []
    private var free: [Int] = []
    private(set) var count = 0

    subscript(slot: Int) -> Entry {
        @inline(__always) _read { yield slots[slot] }
        @inline(__always) _modify { yield &slots[slot] }
    }

    /// Takes a free slot; the caller says at once what it is used for, so that it is free no more.
    mutating func take() -> Int {
        let slot: Int
        if let last = free.popLast() {
            slot = last
        } else {
            slot = slots.count
            slots.append(Entry())
        }
        slots[slot].generation &+= 1
        count += 1
        return slot
    }

    mutating func release(_ slot: Int) {
        slots[slot].clear()
        free.append(slot)
        count -= 1
    }

    /// Names this use of the slot: which slot, and which of its uses.
    func token(_ slot: Int) -> UInt64 { UInt64(slots[slot].generation) << 32 | UInt64(slot) }

    /// The slot a token names, unless that use of it is over.
    func slot(token: UInt64) -> Int? {
        let slot = Int(token & 0xffff_ffff)
        guard slot < slots.count, slots[slot].generation == UInt32(token >> 32),
            !slots[slot].isFree
        else { return nil }
        return slot
    }

    /// The slots in use.
    var inUse: [Int] { slots.indices.filter { !slots[$0].isFree } }
}
