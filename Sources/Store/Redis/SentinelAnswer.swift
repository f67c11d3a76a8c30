import Telemetry

/// What is asked of a Sentinel, and what its answers mean together.
struct SentinelAnswer {
    let questions: [[String]]
    private let isSecret: Bool
    private var replies: [RedisReply] = []

    init(_ endpoint: RedisEndpoint, master: String) {
        var questions: [[String]] = []
        if let password = endpoint.password {
            questions.append(["AUTH"] + (endpoint.user.map { [$0] } ?? []) + [password])
        }
        isSecret = !questions.isEmpty
        // During a failover the first tells the new one before the second does; the number of the
        // failover stands in the second alone, and is the new one by then.
        questions.append(["SENTINEL", "GET-MASTER-ADDR-BY-NAME", master])
        questions.append(["SENTINEL", "MASTER", master])
        self.questions = questions
    }

    /// Takes the next answer; says what they mean once all are there.
    mutating func take(_ reply: RedisReply) -> SentinelWatch.Event? {
        guard replies.count < questions.count else { return nil }
        replies.append(reply)
        return replies.count == questions.count ? meaning : nil
    }

    private var meaning: SentinelWatch.Event {
        let place = replies[isSecret ? 1 : 0]
        let facts = replies[isSecret ? 2 : 1]
        switch place {
        case .error(let error): return refusal(error)
        case .null: return .unknown
        default: break
        }
        guard let parts = place.array, parts.count == 2, let host = parts[0].text,
            let port = parts[1].integer, (1...65_535).contains(port)
        else { return .silent("its answer makes no sense") }
        if let error = facts.error {
            return error.contains("No such master") ? .unknown : refusal(error)
        }
        let pairs = facts.pairs ?? []
        guard let epoch = pairs.first(where: { $0.name.text == "config-epoch" })?.value.unsigned
        else { return .silent("it does not say which failover its master is of") }
        return .answered(SentinelWatch.Master(host: RedisEndpoint.Host(host, port), epoch: epoch))
    }

    /// A Sentinel without a password answers one with an error, and the questions all the same.
    private func refusal(_ error: String) -> SentinelWatch.Event {
        switch error.prefix(while: { $0 != " " }) {
        case "NOAUTH", "WRONGPASS", "NOPERM":
            .forbidden(isSecret ? replies[0].error ?? error : error)
        default: .silent(error)
        }
    }
}
