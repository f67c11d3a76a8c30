import TestKit

/// What must hold after any sequence of calls.
extension ScriptWalk {
    mutating func checkAll() throws {
        try checkPlaces()
        try checkQuotas()
        for number in 1...Self.universe { try check(ScriptBench.key(number)) }
    }

    private func members(_ words: String...) throws -> [String] {
        try bench.client.ask(words).list?.map { $0.text ?? "" } ?? []
    }

    /// Each request is in exactly the one index of its state, and the bytes of those that ended are
    /// as many as is said.
    private func checkPlaces() throws {
        for owner in all {
            let keys = try members("SMEMBERS", "baton:own:\(owner)").sorted()
            try expect("\(keys)", "\(model.owned(owner).sorted())", "in the hand of \(owner)")
        }
        try expect("\(try members("ZRANGE", "baton:ready", "0", "-1"))", "\(model.ready)", "ready")
        let uncertain = model.requests.filter { $0.value.state == "U" }.map(\.key).sorted()
        let parked = try members("ZRANGE", "baton:unc", "0", "-1").sorted()
        try expect("\(parked)", "\(uncertain)", "uncertain")
        try expect("\(try members("ZRANGE", "baton:dlq", "0", "-1"))", "\(model.dead)", "dead")
        let finished = try members("LRANGE", "baton:fin", "0", "-1").map {
            $0.split(separator: " ")
        }
        try expect(
            "\(finished.map { "\($0[0]) \($0[2])" })",
            "\(model.finished.map { "\($0.key) \($0.size)" })", "finished")
        let bytes = try bench.client.ask("GET", "baton:finb").number ?? 0
        try expect("\(bytes)", "\(model.finished.map(\.size).reduce(0, +))", "bytes of finished")
    }

    private func checkQuotas() throws {
        let counts = ScriptBench.fields(try bench.client.ask("HGETALL", "baton:q"))
        for tenant in ["t", "u"] {
            let inHand = model.inHand(tenant)
            try expect(
                counts[tenant] ?? "none", inHand == 0 ? "none" : "\(inHand)", "count of \(tenant)")
        }
    }

    private mutating func check(_ key: String) throws {
        let item = try bench.call("read", key, "0").list
        guard let request = model.requests[key] else {
            let left = try bench.client.ask("KEYS", "baton:*\(key)*").list ?? []
            return try expect("\(left)", "[]", "keys of \(key)")
        }
        let fields = ScriptBench.fields(item?[1])
        try expect(fields["st"] ?? "none", String(request.state), "state of \(key)")
        if request.state == "R" {
            try expect(fields["own"] ?? "", request.owner, "owner of \(key)")
        }
        try expect(
            fields["rev"] ?? "none", request.events.map { "\($0)" } ?? "none", "rev of \(key)")
        try expect(fields["ns"] ?? "0", "\(request.kept)", "steps of \(key)")
        try expect(fields["v"] ?? "", "1", "version of \(key)")
        try expect(item?[2].text ?? "", "input", "input of \(key)")
        try checkJournal(key, request)
        // It may have been forgotten and come again since the last look.
        try checkEvents("\(key) \(fields["at"] ?? "")", item?[6].list ?? [], request.events)
    }

    private func checkJournal(_ key: String, _ request: ScriptModel.Request) throws {
        let page = try bench.call("read_journal", key, "0", "256", "1000000").list
        try expect("\(page?[0].number ?? -1)", "\(request.journal.count)", "journal of \(key)")
        let entries = page?[1].list?.map { $0.text ?? "" } ?? []
        try expect("\(entries)", "\(request.journal)", "entries of \(key)")
        let bodies = page?[2].list?.map { $0.text ?? "" } ?? []
        let kept = request.bodies.sorted().flatMap { [$0, $0] }
        try expect("\(bodies.sorted())", "\(kept)", "bodies of \(key)")
    }

    /// They are 3, 4, 5 and so on to the last, and those that were seen before are the same.
    private mutating func checkEvents(
        _ key: String, _ events: [ScriptBench.Answer], _ last: Int?
    ) throws {
        let numbers = events.map { $0.list?[0].number ?? 0 }
        try expect("\(numbers)", "\(Array(3..<(last ?? 2) + 1))", "events of \(key)")
        let before = seen[key] ?? []
        guard Array(events.prefix(before.count)) == before else {
            throw Mismatch(description: "events of \(key) changed")
        }
        seen[key] = events
    }

    /// When all has ended and is forgotten, nothing is left but what never grows.
    mutating func end() throws {
        for (key, request) in model.requests where request.state == "R" {
            try bench.call("release", request.owner, "\(now)", key)
        }
        for key in model.requests.keys {
            try bench.call("cancel", "\(now)", key, "")
            try bench.call("discard", "\(now)", key)
        }
        try bench.call("trim", "\(now)", "3600000", "0", "0", "500")
        let keys = Set(try members("KEYS", "*"))
        let kept = ["v", "tok", "gen", "now", "inst", "dead", "mend", "m:\(now / 3_600_000)"]
        let left = keys.subtracting(kept.map { "baton:\($0)" }).sorted()
        try expect("\(left)", "[]", "what is left in the end")
    }
}
