import Conformance
import Document
import Flow
import Testing

/// Has a played run again from its journal: from all of it, and from prefixes of it with the rest
/// told later, as an orchestrator does that takes over.
enum EngineReplay {
    static func check(_ record: EngineWorld.Record) { check(record, places: 40) }

    /// Long journals are taken over at about so many places only.
    static func check(_ record: EngineWorld.Record, places: Int) {
        let entries = record.journal.entries
        let whole = resume(record, entries.count)
        #expect(whole.run.outcome == record.outcome, "the whole journal gives another outcome")
        #expect(whole.leftOver.isEmpty)
        for count in stride(from: 0, to: entries.count, by: max(1, entries.count / places)) {
            let resumed = resume(record, count)
            #expect(resumed.leftOver.isEmpty)
            var run = resumed.run
            if let key = entries[count].event.key {
                #expect(resumed.actions.contains { $0.key == key }, "\(key) is not asked for again")
            }
            for entry in entries[count...] {
                var actions = run.step(entry.event, now: entry.at)
                while actions.last == .more { actions = run.step(.proceed, now: entry.at) }
            }
            #expect(run.outcome == record.outcome, "\(count) entries give another outcome")
        }
    }

    static func resume(_ record: EngineWorld.Record, _ count: Int) -> FlowRun.Resumed {
        FlowRun.resume(
            record.plan, input: record.input, identity: record.identity,
            journal: Journal(Array(record.journal.entries.prefix(count))))
    }
}

extension RunAction {
    /// The key under which an action is answered.
    var key: StepKey? {
        switch self {
        case .call(let call): call.key
        case .cancel(let key), .setTimer(let key, _), .clearTimer(let key), .listen(let key, _),
            .unlisten(let key), .emit(let key, _), .runWorkflow(let key, _, _, _):
            key
        case .lifecycle, .more, .finished: nil
        }
    }
}
