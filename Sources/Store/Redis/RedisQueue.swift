/// What waits for an answer, in the order in which it was sent. Each element leaves it once.
struct RedisQueue<Element> {
    private var elements: [Element?] = []
    private var head = 0

    var count: Int { elements.count - head }
    var isEmpty: Bool { count == 0 }

    mutating func append(_ element: Element) { elements.append(element) }

    mutating func popFirst() -> Element? {
        guard head < elements.count else { return nil }
        let element = exchange(&elements[head], with: nil)
        head += 1
        if head == elements.count {
            elements.removeAll(keepingCapacity: true)
            head = 0
        } else if head >= 1024, head * 2 > elements.count {
            elements.removeFirst(head)
            head = 0
        }
        return element
    }

    /// Empties it.
    mutating func takeAll() -> [Element] {
        let all = elements[head...].compactMap { $0 }
        self = RedisQueue()
        return all
    }
}
