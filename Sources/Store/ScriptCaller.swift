/// One connection to Redis, as the store uses it. Outcomes come on the loop and in the order of the
/// calls, never from within a call.
package protocol ScriptCaller: AnyObject {
    var isReady: Bool { get }
    func open()
    func close()
    func send(_ command: [String], _ done: @escaping (RedisLink.Outcome) -> Void)
    func call(
        _ script: RedisScript, key: String, _ arguments: RedisArguments,
        _ done: @escaping (RedisLink.Outcome) -> Void)
}

extension RedisLink: ScriptCaller {}
