package import Reactor
package import Telemetry

/// One connection to Redis.
package final class RedisLink {
    package private(set) var isReady = false

    package init(
        _ endpoint: RedisEndpoint, name: String, settings: StoreSettings, scripts: [RedisScript],
        loop: EventLoop, log: Log, changed: @escaping (Condition) -> Void
    ) {}

    package func open() {}
    package func close() {}
    package func send(_ command: [String], _ done: @escaping (Outcome) -> Void) {}
    package func call(
        _ script: RedisScript, key: String, _ arguments: RedisArguments,
        _ done: @escaping (Outcome) -> Void
    ) {}
    package func subscribe(_ channel: String, _ heard: @escaping (String) -> Void) {}
}
