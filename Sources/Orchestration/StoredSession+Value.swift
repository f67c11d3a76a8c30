import Document
import Store
import Wire

/// What the store has of a session, as answers show it.
extension StoredSession {
    /// Its row in a list.
    func row(at time: UInt64) -> ObjectValue {
        var row: ObjectValue = [
            "session": .string(id), "state": .string(state.word), "tenant": .string(tenant),
            "requests": Value(requests), "running": Value(running.count),
            "succeeded": Value(succeeded), "failed": Value(failed), "retries": Value(retries),
            "took_ms": Value(took), "bytes": Value(bytes),
            "age_ms": Value(Int(clamping: time) - Int(clamping: created)),
            "idle_ms": Value(Int(clamping: time) - Int(clamping: updated)),
            "left_ms": Value(Int(clamping: expires) - Int(clamping: time)),
        ]
        if let last = log.last { row["last_request"] = .string(last.request) }
        return row
    }

    /// Everything: what was said, what agents remember, what became of its last requests.
    func description(at time: UInt64) -> Value {
        var all = row(at: time)
        all["created_at"] = Value(created)
        all["updated_at"] = Value(updated)
        all["in_hand"] = .array(
            running.map { one in
                [
                    "request": .string(one.request),
                    "age_ms": Value(Int(clamping: time) - Int(clamping: one.begun)),
                    "left_ms": Value(Int(clamping: one.deadline) - Int(clamping: time)),
                ]
            })
        all["ended"] = .array(log.map { .object($0.row) })
        all["conversation"] = .array(conversation.map(\.value))
        let remembered = values.sorted { $0.key < $1.key }.map { name, bytes in
            (key: name, value: (try? JSON.parse(bytes)) ?? .null)
        }
        all["values"] = .object(ObjectValue(remembered))
        return .object(all)
    }
}

extension StoredSession.Entry {
    fileprivate var row: ObjectValue {
        var row: ObjectValue = [
            "request": .string(request),
            "state": .string((succeeded ? StoredState.succeeded : .failed).word),
            "ended_at": Value(ended), "took_ms": Value(took), "retries": Value(retries),
        ]
        if !code.isEmpty { row["code"] = .string(code) }
        return row
    }
}

extension StoredSession.Exchange {
    fileprivate var value: Value {
        var row = entry.row
        row["query"] = query.value
        row["answer"] = answer.value
        if !query.isWhole { row["query_bytes"] = Value(query.count) }
        if !answer.isWhole { row["answer_bytes"] = Value(answer.count) }
        return .object(row)
    }
}

extension StoredSession.Excerpt {
    /// JSON as it is; what was cut, or is no JSON, as text.
    var value: Value {
        guard !bytes.isEmpty else { return .null }
        if isWhole, let value = try? JSON.parse(bytes) { return value }
        return .string(String(decoding: bytes, as: UTF8.self))
    }
}
