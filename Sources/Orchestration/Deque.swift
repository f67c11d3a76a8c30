/// A queue of bounded use: taking from its front and putting back to it cost the same however long
/// it is.
struct Deque<Element> {
    private var ring: [Element?] = []
    private var head = 0
    private(set) var count = 0

    var isEmpty: Bool { count == 0 }

    var first: Element? { count > 0 ? ring[head] : nil }

    mutating func append(_ element: Element) {
        grow()
        ring[(head + count) % ring.count] = element
        count += 1
    }

    mutating func prepend(_ element: Element) {
        grow()
        head = (head + ring.count - 1) % ring.count
        ring[head] = element
        count += 1
    }

    mutating func popFirst() -> Element? {
        guard count > 0 else { return nil }
        let element = ring[head]
        ring[head] = nil
        head = (head + 1) % ring.count
        count -= 1
        return element
    }

    /// Takes out all elements that match, keeping the order of the others.
    mutating func removeAll(where matches: (Element) -> Bool) {
        var kept = Deque()
        while let element = popFirst() {
            if !matches(element) { kept.append(element) }
        }
        self = kept
    }

    private mutating func grow() {
        guard count == ring.count else { return }
        var larger = [Element?](repeating: nil, count: Swift.max(8, ring.count * 2))
        for offset in 0..<count { larger[offset] = ring[(head + offset) % ring.count] }
        ring = larger
        head = 0
    }
}
