import Glibc
import Telemetry
import Testing

@testable import Reactor

/// Descriptors and signals on a real loop.
@Suite(.serialized) struct WatchTests {
    @Test("a level-triggered watch tells again until everything is read")
    func level() throws {
        let (loop, seen, watches) = (try EventLoop(), Seen(), Kept<Watch>())
        let pipe = try Pipe()
        loop.submit {
            pipe.write("abc")
            watches.keep(
                pipe.watchRead(on: loop) {
                    seen.add(1)
                    guard seen.values.count == 3 else { return }
                    pipe.drain()
                    loop.submit { loop.submit { loop.stop() } }
                })
        }
        loop.run()
        #expect(seen.values == [1, 1, 1])
    }

    @Test("an edge-triggered watch tells once per change")
    func edge() throws {
        let (loop, seen, watches) = (try EventLoop(), Seen(), Kept<Watch>())
        let (pipe, other) = (try Pipe(), try Pipe())
        loop.submit {
            pipe.write("a")
            watches.keep(watch(pipe.reading, [.read, .edge], on: loop) { seen.add(1) })
            watches.keep(
                other.watchRead(on: loop) {
                    other.drain()
                    seen.add(2)
                    if seen.values.count(where: { $0 == 2 }) == 2 { return loop.stop() }
                    pipe.write("b")
                    other.write("x")
                })
            other.write("x")
        }
        loop.run()
        #expect(seen.values.count(where: { $0 == 1 }) == 2)
    }

    @Test("a watch for reading and writing says which of them is possible")
    func both() throws {
        let (loop, watches, states) = (try EventLoop(), Kept<Watch>(), Kept<Interest>())
        var ends: [Int32] = [0, 0]
        try #require(unsafe socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0)
        let (left, right) = (Descriptor(owning: ends[0]), Descriptor(owning: ends[1]))
        loop.submit {
            let watch = try? loop.watch(left.number, for: [.read, .write]) { ready in
                states.keep(ready)
                if states.all.count == 2 { loop.stop() } else { sendByte(right) }
            }
            if let watch { watches.keep(watch) }
        }
        loop.run()
        #expect(states.all == [.write, [.read, .write]])
    }

    @Test("a watch cancelled in its own callback is not called again")
    func cancelInside() throws {
        let (loop, seen, watches) = (try EventLoop(), Seen(), Kept<Watch>())
        let pipe = try Pipe()
        loop.submit {
            pipe.write("abc")
            watches.keep(
                pipe.watchRead(on: loop) {
                    seen.add(1)
                    watches.all[0].cancel()
                    loop.submit { loop.submit { loop.stop() } }
                })
        }
        loop.run()
        #expect(seen.values == [1])
    }

    @Test("a watch cancelled or let go by another callback of the same tick is not called")
    func cancelOther() throws {
        let (loop, seen, watches) = (try EventLoop(), Seen(), Kept<Watch>())
        let pipes = [try Pipe(), try Pipe()]
        loop.submit {
            for pipe in pipes {
                pipe.write("x")
                watches.keep(
                    pipe.watchRead(on: loop) {
                        seen.add(1)
                        watches.clear()
                        loop.stop()
                    })
            }
        }
        loop.run()
        #expect(seen.values == [1])
    }

    @Test("a watch let go on another thread ends at the loop's next tick")
    func letGoElsewhere() throws {
        let (loop, seen, watches) = (try EventLoop(), Seen(), Kept<Watch>())
        let pipe = try Pipe()
        loop.submit {
            watches.keep(pipe.watchRead(on: loop) { seen.add(1) })
            loop.stop()
        }
        loop.run()
        watches.clear()
        loop.submit { pipe.write("x") }
        loop.submit { loop.submit { loop.stop() } }
        loop.run()
        #expect(seen.values == [])
    }

    @Test("a hang-up shows as readiness to read")
    func hangUp() throws {
        let (loop, watches) = (try EventLoop(), Kept<Watch>())
        let ends = Kept<Descriptor>()
        let reading = try pipe(keepingWriterIn: ends)
        loop.submit {
            watches.keep(watch(reading, .read, on: loop) { loop.stop() })
            loop.submit { ends.clear() }
        }
        loop.run()
    }

    @Test(
        "a closed descriptor and a plain file are refused with a fault", arguments: [false, true])
    func refused(isFile: Bool) throws {
        try EventLoop.run { loop in
            let path = "/etc/passwd"
            let file = Descriptor(owning: isFile ? unsafe open(path, O_RDONLY) : -1)
            let number = isFile ? file.number : 1_000_000
            let fault = #expect(throws: Fault.self) { try loop.watch(number, for: .read) { _ in } }
            #expect(fault?.has(ReactorCode.descriptorRefused) == true)
        }
    }

    @Test("a signal is delivered on the loop until its watch ends")
    func signals() throws {
        let (loop, seen, watches) = (try EventLoop(), Seen(), Kept<Watch>())
        loop.submit {
            let watch = try? loop.onSignal(SIGUSR1) {
                seen.add(loop.isOnLoop ? 1 : 0)
                if seen.values.count == 2 { loop.stop() } else { kill(getpid(), SIGUSR1) }
            }
            if let watch { watches.keep(watch) }
            kill(getpid(), SIGUSR1)
        }
        loop.run()
        #expect(seen.values == [1, 1])
    }
}

private func watch(
    _ descriptor: Descriptor, _ interest: Interest, on loop: EventLoop, _ body: @escaping () -> Void
) -> Watch {
    do {
        return try loop.watch(descriptor.number, for: interest) { _ in body() }
    } catch {
        fatalError("\(error)")  // SAFETY: a test ends here; a pipe can always be watched.
    }
}

/// The only reference to the writing end is the one in `ends`.
private func pipe(keepingWriterIn ends: Kept<Descriptor>) throws -> Descriptor {
    let (reading, writing) = try Descriptor.pipe()
    ends.keep(writing)
    return reading
}

private func sendByte(_ descriptor: Descriptor) {
    var byte: UInt8 = 1
    _ = unsafe write(descriptor.number, &byte, 1)
}
