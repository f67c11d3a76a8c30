import Telemetry
import Testing

@testable import Reactor
@testable import Store

/// A Redis whose host has a name that nobody answers for.
@Suite struct RedisNameTests {
    @Test("while its name is looked up in vain the loop goes on, and then says what is missing")
    func vain() throws {
        try EventLoop.run { loop in
            let (conditions, told) = AsyncStream<String>.makeStream()
            let mayEnd = Locked(false)
            let names = HostNames(loop) { _ in
                mayEnd.withLock(when: { $0 }, { _ in [] })
            }
            let link = RedisLink(
                try RedisEndpoint("redis://redis.test:6379"), name: "t", settings: StoreSettings(),
                scripts: [], loop: loop, log: .silent, names: names
            ) { condition in
                if case .away(let reason) = condition { told.yield(reason) }
            }
            link.open()
            // Only a loop that is not held up gets here, and lets the lookup end.
            let timer = loop.timer(after: .milliseconds(1)) {
                mayEnd.withLock { $0 = true }
                mayEnd.wakeAll()
            }
            for await reason in conditions {
                #expect(reason == "no address is known for redis.test")
                break
            }
            timer.cancel()
            link.close()
        }
    }
}
