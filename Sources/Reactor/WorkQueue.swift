/// What the loop runs next: jobs of Swift tasks and plain closures, in the order they came.
enum Work {
    case job(UnownedJob)
    case call(() -> Void)
    case nothing
}

/// A first-in-first-out queue that reuses its storage and lets go of a closure as soon as it is
/// taken.
struct WorkQueue {
    private var items: [Work] = []
    private var head = 0

    var isEmpty: Bool { head == items.count }

    mutating func append(_ work: consuming Work) { items.append(work) }

    /// Takes everything over from another queue at once and leaves that one empty, with this one's
    /// storage.
    mutating func take(from other: inout WorkQueue) {
        if isEmpty {
            swap(&self, &other)
        } else {
            items.append(contentsOf: other.items[other.head...])
            other.clear()
        }
    }

    mutating func popFirst() -> Work? {
        guard head < items.count else { return nil }
        let work = exchange(&items[head], with: .nothing)
        head += 1
        if head == items.count {
            clear()
        } else if head >= 4096, head > items.count / 2 {
            items.removeFirst(head)
            head = 0
        }
        return work
    }

    private mutating func clear() {
        items.removeAll(keepingCapacity: true)
        head = 0
    }
}
