import Glibc
import Synchronization
import Testing

@testable import Reactor

/// What was seen, in order, from any thread.
final class Seen: Sendable {
    private let list = Locked<[Int]>([])
    var values: [Int] { list.withLock { $0 } }
    func add(_ value: Int) { list.withLock { $0.append(value) } }
}

final class Counter: Sendable {
    private let count = Atomic<Int>(0)
    var value: Int { count.load(ordering: .sequentiallyConsistent) }
    func add() { count.add(1, ordering: .sequentiallyConsistent) }
}

/// Keeps registrations of the loop alive inside sendable closures.
// SAFETY: touched only on the loop's thread, or after the loop has ended.
final class Kept<Element>: @unchecked Sendable {
    private(set) var all: [Element] = []
    func keep(_ element: Element) { all.append(element) }
    func clear() { all.removeAll() }
}

/// A pipe whose ends close with it.
final class Pipe: Sendable {
    let reading: Descriptor
    let writing: Descriptor

    init() throws {
        (reading, writing) = try Descriptor.pipe()
        reading.setNonBlocking()
        writing.setNonBlocking()
    }

    func write(_ text: StaticString) {
        unsafe _ = Glibc.write(writing.number, text.utf8Start, text.utf8CodeUnitCount)
    }

    func drain() {
        var bytes = [UInt8](repeating: 0, count: 64)
        while unsafe read(reading.number, &bytes, 64) > 0 {}
    }

    func watchRead(on loop: EventLoop, _ body: @escaping () -> Void) -> Watch {
        do {
            return try loop.watch(reading.number, for: .read) { _ in body() }
        } catch {
            fatalError("\(error)")  // SAFETY: a test ends here; a pipe can always be watched.
        }
    }
}

/// Runs something that blocks on a thread of its own, so that no test holds a thread of the pool.
func onThread<Success: Sendable>(
    _ body: @escaping @Sendable () throws -> Success
) async throws -> Success {
    try await BlockingPool(threads: 1, limit: 0).run(body)
}
