import Document

/// How far a `listen` is: what it consumed, what waits to be looked at, and what ends it.
struct ListenWork: Sendable {
    var events: EventMatch
    /// The events that end it, where it is ended by events.
    var ending: EventMatch?
    /// What was consumed, as it is read.
    var consumed: [Value] = []
    /// The first of the consumed that its iterator has not seen.
    var next = 0
    var outputs: [Value] = []
    var isBusy = false
    var isOver = false
}

/// Which of the filters of one strategy have been met, and what they correlated by.
struct EventMatch: Sendable {
    var filters: [EventFilter]
    var needsAll: Bool
    var met: [Bool]
    var correlations: ObjectValue = [:]

    init(_ consumption: Consumption) {
        switch consumption {
        case .all(let filters): (self.filters, needsAll) = (filters, true)
        case .one(let filter): (filters, needsAll) = ([filter], true)
        case .any(let filters, _): (self.filters, needsAll) = (filters, false)
        }
        met = Array(repeating: false, count: filters.count)
    }

    var isComplete: Bool {
        needsAll ? met.allSatisfy { $0 } : (met.contains(true) || filters.isEmpty)
    }

    /// The filters an event may still meet.
    var candidates: [Int] { filters.indices.filter { !needsAll || !met[$0] } }

    var correlates: Bool { filters.contains { !$0.correlations.isEmpty } }

    /// What a broker may be told about a filter: the attributes that are constant.
    var descriptions: [Value] {
        filters.map { filter in
            var members = ObjectValue()
            for (key, template) in filter.with {
                if case .value(let value) = template { members[key] = value }
            }
            return .object(members)
        }
    }
}

/// `listen`: events that are awaited, matched, correlated, and looked at one after another.
extension FlowRun {
    mutating func beginListen(
        _ strand: Int, _ depth: Int, _ listen: Listen
    ) throws(FlowError) {
        var work = ListenWork(events: EventMatch(listen.to))
        if case .any(_, .events(let consumption)) = listen.to {
            work.ending = EventMatch(consumption)
        }
        if work.events.needsAll, work.events.filters.isEmpty {
            return give(strand, .array([]))
        }
        let key = strands[strand].levels[depth].key(strands[strand].base + depth)
        let filters = work.events.descriptions + (work.ending?.descriptions ?? [])
        if work.events.correlates { note(.correlationStarted) }
        strands[strand].levels[depth].work = .listen(work)
        expect(key, strand, depth, .listen)
        listeners.append(key)
        actions.append(.listen(key, filters: work.events.filters.isEmpty ? [] : filters))
    }

    /// Shows an event to each open `listen`; several may consume it.
    mutating func offer(_ event: Value) {
        for key in listeners {
            guard let target = open[key] else { continue }
            let (strand, depth) = (target.strand, target.depth)
            guard case .listen(var work) = strands[strand].levels[depth].work,
                case .listen(let listen) = strands[strand].levels[depth].node.task.action
            else { continue }
            strands[strand].levels[depth].work = .none
            let failure = consume(event, &work, listen, strand, depth)
            strands[strand].levels[depth].work = .listen(work)
            if let failure {
                cancelLevels(strand, above: depth)
                fail(strand, failure)
            } else {
                goOn(key, strand, depth, listen)
            }
            if outcome != nil { return }
        }
    }

    private func consume(
        _ event: Value, _ work: inout ListenWork, _ listen: Listen, _ strand: Int, _ depth: Int
    ) -> FlowError? {
        guard !work.isOver else { return nil }
        if var ending = work.ending {
            if meets(event, &ending, strand, depth), ending.isComplete { work.isOver = true }
            work.ending = ending
            if work.isOver { return nil }
        }
        guard meets(event, &work.events, strand, depth) else { return nil }
        guard work.consumed.count < limits.events else {
            return FlowError(.runtime, "more than \(limits.events) events in one task")
        }
        work.consumed.append(FlowRun.read(event, listen.read))
        do throws(FlowError) {
            work.isOver = try isOver(work, listen, strand, depth, afterItem: false)
            return nil
        } catch {
            return error
        }
    }

    /// A condition is asked after each event, or where there is an iterator after its turn.
    private func isOver(
        _ work: ListenWork, _ listen: Listen, _ strand: Int, _ depth: Int, afterItem: Bool
    ) throws(FlowError) -> Bool {
        switch listen.to {
        case .all, .one: return work.events.isComplete
        case .any(_, nil): return true
        case .any(_, .never?), .any(_, .events?): return false
        case .any(_, .condition(let condition)?):
            guard afterItem || listen.each == nil else { return false }
            let seen = listen.each == nil ? work.consumed : work.outputs
            return try holds(condition, .array(seen), scope(strand, depth))
        }
    }

    static func read(_ event: Value, _ mode: Listen.ReadMode) -> Value {
        switch mode {
        case .data: event["data"] ?? event["data_base64"] ?? .null
        case .raw: event["data_base64"] ?? event["data"] ?? .null
        case .envelope: event
        }
    }

    /// Whether an event meets a filter that still waits; then the filter is met.
    private func meets(
        _ event: Value, _ match: inout EventMatch, _ strand: Int, _ depth: Int
    ) -> Bool {
        if match.filters.isEmpty { return !match.needsAll }
        for position in match.candidates {
            let filter = match.filters[position]
            guard filter.with.allSatisfy({ has(event, $0.key, $0.value, strand, depth) }),
                let names = correlated(event, filter, match.correlations, strand, depth)
            else { continue }
            match.correlations = names
            match.met[position] = true
            return true
        }
        return false
    }

    /// An attribute is as the filter says: equal to it, matched by it, or its expression holds. An
    /// expression that fails for a foreign event does not fault the run: the event is not meant.
    private func has(
        _ event: Value, _ name: String, _ template: Template, _ strand: Int, _ depth: Int
    ) -> Bool {
        let attribute = event[name] ?? .null
        guard let wanted = try? evaluate(template, attribute, scope(strand, depth)) else {
            return false
        }
        if case .value = template {
            return attribute == wanted || covers(wanted, attribute) || fits(wanted, attribute)
        }
        return wanted == .bool(true) || (wanted == attribute && !wanted.isNull)
    }

    private static let pattern = try? Expression(
        #"test("^(?:" + $context + ")$")"#, variables: ["context"])

    /// Whether a text is a regular expression that fits the whole attribute.
    private func fits(_ wanted: Value, _ attribute: Value) -> Bool {
        guard let text = wanted.string, attribute.string != nil,
            text.utf8.contains(where: { "*+?[(|\\".utf8.contains($0) })
        else { return false }
        let scope = Expression.Scope(variables: ["context": wanted], now: clock.seconds)
        return (try? FlowRun.pattern?.first(attribute, in: scope)) == .bool(true)
    }

    /// Whether every member that a filter names is so; others may be there too.
    private func covers(_ wanted: Value, _ value: Value) -> Bool {
        guard let members = wanted.object, value.object != nil else { return false }
        return members.allSatisfy { value[$0.key] == $0.value }
    }

    /// The correlations with those of one more event; nothing if they do not fit.
    private func correlated(
        _ event: Value, _ filter: EventFilter, _ known: ObjectValue, _ strand: Int, _ depth: Int
    ) -> ObjectValue? {
        var names = known
        let scope = scope(strand, depth)
        for (name, correlation) in filter.correlations.sorted(by: { $0.key < $1.key }) {
            guard let value = try? evaluate(correlation.from, event, scope), !value.isNull else {
                return nil
            }
            let input = strands[strand].levels[depth].input
            var expected = names[name]
            if let template = correlation.expect {
                guard let value = try? evaluate(template, input, scope) else { return nil }
                expected = value
            }
            if let expected, expected != value { return nil }
            names[name] = value
        }
        return names
    }
}

/// The iterator of a `listen`, and its end.
extension FlowRun {
    /// Looks at the next event, or ends when there is none and none is awaited.
    private mutating func goOn(_ key: StepKey, _ strand: Int, _ depth: Int, _ listen: Listen) {
        guard case .listen(var work) = strands[strand].levels[depth].work else { return }
        if work.isOver { withdraw(key, strand, depth) }
        guard !work.isBusy else { return }
        ready.append(strand)
        guard let each = listen.each else {
            if work.isOver { endListen(strand, work, work.consumed) }
            return
        }
        guard work.next < work.consumed.count else {
            if work.isOver { endListen(strand, work, work.outputs) }
            return
        }
        let item = work.consumed[work.next]
        let names = [(each.item, item), (each.index, Value(work.next))]
        work.isBusy = true
        strands[strand].levels[depth].work = .listen(work)
        do throws(FlowError) {
            try push(
                strand, strands[strand].levels[depth].node.body ?? .empty, .each, data: item,
                ordinal: work.next, adding: names)
        } catch {
            fail(strand, error)
        }
    }

    private mutating func endListen(_ strand: Int, _ work: ListenWork, _ output: [Value]) {
        if work.events.correlates {
            note(.correlationCompleted, correlation: .object(work.events.correlations))
        }
        give(strand, .array(output))
    }

    /// The iterator has done its tasks for an event.
    mutating func endEach(_ strand: Int, _ data: Value) throws(FlowError) {
        let depth = strands[strand].levels.count - 1
        guard case .listen(var work) = strands[strand].levels[depth].work,
            case .listen(let listen) = strands[strand].levels[depth].node.task.action,
            let each = listen.each
        else { return }
        let names = [(each.item, work.consumed[work.next]), (each.index, Value(work.next))]
        var output = data
        if let transform = each.output.as {
            output = try evaluate(transform, data, scope(strand, depth, .output, names))
        }
        try validate(output, each.output.schema, "the output")
        if let rule = each.export {
            try export(rule, output, scope(strand, depth, .export(output), names))
        }
        work.outputs.append(output)
        work.next += 1
        work.isBusy = false
        if !work.isOver { work.isOver = try isOver(work, listen, strand, depth, afterItem: true) }
        strands[strand].levels[depth].work = .listen(work)
        let key = strands[strand].levels[depth].key(strands[strand].base + depth)
        goOn(key, strand, depth, listen)
    }
}
