import Reactor

/// What an answer of Redis means, and to whom it goes.
extension RedisLink {
    /// A command that waits for its answer; without a closure it is the link's own.
    struct Pending {
        let done: ((Outcome) -> Void)?
        let again: Again?
    }

    /// A call as it was given, for the case that Redis has forgotten the script.
    final class Again {
        let script: RedisScript
        let key: String
        let arguments: RedisArguments

        init(script: RedisScript, key: String, arguments: RedisArguments) {
            self.script = script
            self.key = key
            self.arguments = arguments
        }
    }

    /// Tells whether the reply answers a command.
    func received(_ reply: RedisReply?) -> Bool {
        guard let reply else {
            handle(
                .lost("Redis sent an answer that cannot be used: too large, or of no known type"))
            return false
        }
        if isSubscribed, heard(reply) { return false }
        progress = loop.now
        guard let entry = pending.popFirst() else {
            handle(.lost(reply.error ?? "Redis sent an answer that nobody asked for"))
            return false
        }
        if let done = entry.done {
            answer(reply, entry, done)
        } else if greeting != nil {
            greeted(reply)
        }
        return true
    }

    private func answer(
        _ reply: RedisReply, _ entry: Pending, _ done: (@escaping (Outcome) -> Void)
    ) {
        guard case .error(let error) = reply else { return done(.reply(reply)) }
        switch reply.errorCode {
        case "NOSCRIPT":
            guard let again = entry.again, isReady else { return done(.reply(reply)) }
            load(again, done)
        case "READONLY", "LOADING", "MASTERDOWN":
            done(.reply(reply))
            handle(.moved(error))
        case "NOREPLICAS":
            // Either its replicas are gone, or it is no longer the one that they follow.
            done(.reply(reply))
            guide?.doubt()
        default: done(.reply(reply))
        }
    }

    private func greeted(_ reply: RedisReply) {
        switch greeting?.answer(reply) {
        case .ready(let facts): handle(.greeted(marked(facts)))
        case .postponed(let reason): handle(.postponed(reason))
        case .refused(let fault): handle(.refused(fault))
        case nil: break
        }
    }

    /// Hands on what was published. False for an answer to a command.
    private func heard(_ reply: RedisReply) -> Bool {
        guard let parts = reply.array, parts.count >= 3, let kind = parts[0].text else {
            return false
        }
        switch kind {
        case "subscribe", "unsubscribe": return true
        case "message":
            guard let channel = parts[1].text, let text = parts[2].text else { return true }
            for listener in channels where listener.name == channel { listener.heard(text) }
            return true
        default: return false
        }
    }
}
