/// A list of request slots: who waits for an agent, what a worker has, what a caller asked.
///
/// The list knows only its ends; the links between its members lie in `SlotLinks`, so that any
/// member can be taken out at once and nothing is allocated. A slot is in at most one list of the
/// same links.
struct SlotList {
    fileprivate static let none: Int32 = -1

    fileprivate var head = none
    fileprivate var tail = none
    private(set) var count = 0

    var isEmpty: Bool { count == 0 }

    var first: Int? { head == Self.none ? nil : Int(head) }

    mutating func add(_ slot: Int, ahead: Bool, _ links: inout SlotLinks) {
        if ahead { prepend(slot, &links) } else { append(slot, &links) }
    }

    mutating func append(_ slot: Int, _ links: inout SlotLinks) {
        links.makeRoom(for: slot)
        links.entries[slot] = SlotLinks.Entry(previous: tail, next: Self.none)
        if tail == Self.none {
            head = Int32(slot)
        } else {
            links.entries[Int(tail)].next = Int32(slot)
        }
        tail = Int32(slot)
        count += 1
    }

    mutating func prepend(_ slot: Int, _ links: inout SlotLinks) {
        links.makeRoom(for: slot)
        links.entries[slot] = SlotLinks.Entry(previous: Self.none, next: head)
        if head == Self.none {
            tail = Int32(slot)
        } else {
            links.entries[Int(head)].previous = Int32(slot)
        }
        head = Int32(slot)
        count += 1
    }

    /// Takes out a slot that is in this list.
    mutating func remove(_ slot: Int, _ links: inout SlotLinks) {
        let entry = links.entries[slot]
        if entry.previous == Self.none {
            head = entry.next
        } else {
            links.entries[Int(entry.previous)].next = entry.next
        }
        if entry.next == Self.none {
            tail = entry.previous
        } else {
            links.entries[Int(entry.next)].previous = entry.previous
        }
        links.entries[slot] = SlotLinks.Entry()
        count -= 1
    }

    /// The members in order, as they are now: the list may change while they are gone through.
    func members(_ links: SlotLinks) -> [Int] {
        var members: [Int] = []
        var next = first
        while let slot = next {
            members.append(slot)
            next = links.next(slot)
        }
        return members
    }
}

/// The links of all lists of one kind.
struct SlotLinks {
    fileprivate struct Entry {
        var previous = SlotList.none
        var next = SlotList.none
    }

    fileprivate var entries: [Entry] = []

    func next(_ slot: Int) -> Int? {
        entries[slot].next == SlotList.none ? nil : Int(entries[slot].next)
    }

    fileprivate mutating func makeRoom(for slot: Int) {
        while entries.count <= slot { entries.append(Entry()) }
    }
}
