import TestKit

/// One call of each script, made twice.
extension ScriptWalk {
    /// The call's letter, the first time and the second.
    private func twice(_ name: String, _ words: [String], _ wanted: [Character]) throws {
        for letter in wanted {
            let answer = try bench.call(name, bytes: words.map { Array($0.utf8) })
            try expect(answer.text ?? "nothing", String(letter), "\(name) \(words)")
        }
    }

    mutating func accept() throws {
        let me = living.randomElement(using: &random) ?? ""
        let level = isOne(of: 3) ? number(0...9) : 0
        let tenant = isOne(of: 2) ? "t" : "u"
        var request = ScriptBench.Request(number(1...Self.universe))
        request.tenant = tenant
        request.priority = level
        request.waits = isOne(of: 4)
        // Half of the bodies are such that the record cannot be lean.
        let known = model.requests[request.key]?.body
        let body = String(repeating: "b", count: isOne(of: 2) ? 22 : 21)
        request.body = known.map { isOne(of: 8) ? "other" : $0 } ?? body
        let new = ScriptModel.Request(
            state: request.waits ? "A" : "R", owner: request.waits ? "" : me, body: request.body,
            tenant: tenant, order: (9 - level) * 10_000_000_000_000 + now)
        for _ in 0..<2 {
            let wanted = model.accept(me, request.key, new)
            let letter = try bench.accept(
                me, now: now, waiting: ScriptModel.waiting, held: ScriptModel.held, request)
            try expect(letter, String(wanted), "accept \(me) \(request.key)")
        }
    }

    mutating func finish() throws {
        let (key, me) = running()
        var ending = ScriptBench.Ending(0)
        ending.key = key
        ending.state = ["S", "S", "F", "C", "E"].randomElement(using: &random) ?? "S"
        ending.attempt = String(number(1...2))
        ending.isDead = ending.state == "F" && !isOne(of: 3)
        ending.code = ending.state == "F" ? "bad" : ""
        ending.size = String(number(1...9999))
        ending.output = Array(repeating: 255, count: isOne(of: 3) ? 5000 : 10)
        let kept = ScriptBench.Retention(
            count: ScriptModel.finishedKept, dead: ScriptModel.deadKept)
        for _ in 0..<2 {
            let wanted = model.finish(
                me, key, Character(ending.state), [ending.attempt, ending.instance],
                isDead: ending.isDead, size: Int(ending.size) ?? 0)
            let letter = try bench.finish(me, now: now, keeping: kept, ending)
            try expect(letter, String(wanted), "finish \(me) \(key) \(ending.state)")
        }
    }

    mutating func advance() throws {
        let (key, me) = running()
        let step = step(key)
        let wanted = (0..<2).map { _ in model.advance(me, key, step: step) }
        try twice(
            "advance",
            [me, "\(now)", key, "\(step)", "1", "echo", "i", "5", "next", "9", "result"], wanted)
    }

    mutating func journal() throws {
        let (key, me) = running()
        let known = model.requests[key]?.journal.count ?? 0
        let after = isOne(of: 4) ? number(0...known + 2) : known
        let entries = (0..<number(0...3)).map { "entry \(after + $0) \(me)" }
        let bodies = ["one", "two", "three"].shuffled(using: &random).prefix(number(0...2))
        var words = [me, "\(now)", key, "\(after)", "\(entries.count)", "\(bodies.count)"]
        var notes = 0
        for entry in entries {
            words.append(entry)
            let isNoted = isOne(of: 2)
            words += isNoted ? ["done", "2", "1", "echo", "i", "7", ""] : [""]
            notes += isNoted ? 1 : 0
        }
        // A body of no text is one, too; each is its own digest.
        for body in bodies { words += [body, body] }
        let wanted = (0..<2).map { _ in
            model.journal(me, key, after: after, entries, notes: notes, bodies: Array(bodies))
        }
        try twice("journal", words, wanted)
    }

    mutating func start() throws {
        let (key, me) = running()
        let (step, attempt) = (step(key), number(1...3))
        let wanted = (0..<2).map { _ in model.start(me, key, step: step, attempt: attempt) }
        try twice("start", [me, "\(now)", key, "\(step)", "\(attempt)", "echo", "i"], wanted)
    }

    mutating func park() throws {
        let (key, me) = running()
        let (step, attempt) = (step(key), number(1...3))
        let wanted = (0..<2).map { _ in model.park(me, key, step: step, attempt: attempt) }
        try twice(
            "park", [me, "\(now)", key, "\(step)", "\(attempt)", "echo", "i", "lost"], wanted)
    }

    mutating func release() throws {
        let (key, me) = running()
        try twice("release", [me, "\(now)", key], (0..<2).map { _ in model.release(me, key) })
    }

    mutating func resolve() throws {
        let key = key { $0.state == "U" }
        let verdict: Character = ["D", "F", "A"].randomElement(using: &random) ?? "A"
        let size = number(1...999)
        let wanted = (0..<2).map { _ in model.resolve(key, verdict, size: size) }
        try twice(
            "resolve", ["\(now)", key, "\(verdict)", "anna", "code", "\(size)", "output"], wanted)
    }

    mutating func cancel() throws {
        let key = key { "AU".contains($0.state) }
        let wanted = (0..<2).map { _ in model.cancel(key) { 705 + $0.journalBytes } }
        try twice("cancel", ["\(now)", key, "anna"], wanted)
    }

    mutating func revive() throws {
        let key = key { $0.dead == "1" }
        try twice("revive", ["\(now)", key, "anna"], (0..<2).map { _ in model.revive(key) })
    }

    mutating func discard() throws {
        let key = key { $0.dead == "1" }
        try twice("discard", ["\(now)", key], (0..<2).map { _ in model.discard(key) })
    }

    mutating func claim() throws {
        let me = living.randomElement(using: &random) ?? ""
        let count = number(1...3)
        let wanted = model.claim(me, count)
        let items = try bench.call("claim", me, "\(now)", "\(count)").list ?? []
        try expect("\(items.map { $0.list?[0].text ?? "" })", "\(wanted)", "claim \(me)")
    }

    /// An instance dies and comes again under another epoch; somebody takes over a slice of what
    /// it, or one before it, had in hand.
    mutating func adopt() throws {
        if dying.isEmpty || isOne(of: 3) {
            let dead = living.remove(at: number(0...1))
            dying.append(dead)
            try register(String(dead.prefix(1)))
        }
        let me = living.randomElement(using: &random) ?? ""
        let place = number(0...dying.count - 1)
        let (dead, most) = (dying[place], number(1...3))
        let theirs = Set(model.owned(dead))
        let answer = try bench.call("adopt", me, dead, "0", "1", "\(most)").list ?? []
        let keys = answer.dropFirst().map { $0.list?[0].text ?? "" }
        let (taken, left) = (min(most, theirs.count), theirs.count - min(most, theirs.count))
        try expect("\(answer.first?.number ?? -1)", "\(left)", "left of \(dead)")
        try expect("\(theirs.intersection(keys).count)", "\(taken)", "taken over from \(dead)")
        model.adopt(me, keys)
        if left == 0 { dying.remove(at: place) }
    }

    mutating func effect() throws {
        let (key, me) = running()
        for _ in 0..<2 {
            let wanted = model.effect(me, key)
            try expect(
                try bench.word("effect", me, key, "1 call", "0", "word"), wanted, "effect \(key)")
        }
        let state = model.requests[key]
        let wanted = state == nil ? "GONE" : state?.isTerminal == true ? "STALE" : "OK"
        if wanted == "OK" { model.requests[key]?.happened(0) }
        let done = try bench.word("effect_done", me, key, "2 call", "result")
        try expect(done, wanted, "effect_done \(key)")
    }

    mutating func repair() throws {
        let me = living.randomElement(using: &random) ?? ""
        let mended = try bench.call("repair", me, "5", "\(now)").list?.map { $0.number ?? -1 }
        try expect("\(mended ?? [])", "[0, 0, 0, 0, 0, 0]", "repair")
    }
}
