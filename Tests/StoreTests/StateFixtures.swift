import Wire

@testable import Store

/// Commands as tests of the store want them: everything that does not matter is filled in.
enum Sample {
    static func key(_ id: String) -> RecordKey { RecordKey(tenant: "t", id: id) }

    static func message(_ text: String = "{}") -> StoredMessage {
        StoredMessage(envelope: [8, 1], content: ContentBytes(Array(text.utf8)))
    }

    static func accept(_ token: UInt64, _ id: String, bytes: Int = 2) -> StateCommand {
        let input = StoredMessage(
            envelope: [8, 1], content: ContentBytes([UInt8](repeating: 32, count: bytes)))
        return .accept(
            token,
            StateCommand.Acceptance(
                key: key(id), id: id, tenant: "t", agent: "cost", body: Digest("body"),
                accepted: 1, deadline: 0, priority: 0, waits: false, input: input))
    }

    static func finish(_ token: UInt64, _ id: String) -> StateCommand {
        .finish(
            token,
            StateCommand.Ending(
                key: key(id), state: .succeeded, step: 1, attempt: 1, agent: "cost",
                instance: "w.1", code: "", took: 5, isDead: false, size: 10, output: message()))
    }

    static func advance(_ token: UInt64, _ id: String) -> StateCommand {
        .advance(
            token,
            StateCommand.Advance(
                key: key(id), step: 1, attempt: 1, agent: "cost", instance: "w.1", took: 5,
                next: "food", result: message()))
    }

    static func cancel(_ ticket: UInt64, _ id: String) -> StateCommand {
        .cancel(ticket, key(id), by: "me")
    }

    static func read(_ ticket: UInt64, _ id: String) -> StateCommand {
        .read(ticket, key(id), from: 0)
    }
}

extension StateCommand {
    /// A command in a few letters, for tables: `a1` accepts request 1.
    var short: String {
        switch self {
        case .accept(_, let item): "a\(item.id)"
        case .finish(let token, _): "f\(token)"
        case .advance(let token, _): "v\(token)"
        case .cancel(let ticket, _, _): "c\(ticket)"
        case .read(let ticket, _, _): "r\(ticket)"
        default: "\(kind)"
        }
    }
}

extension StateBatches {
    /// Adds commands in the letters of `short`; the number is the request's id, and the token.
    mutating func add(_ text: String) {
        for word in text.split(separator: " ") {
            let number = String(word.dropFirst())
            let token = UInt64(number) ?? 0
            switch word.first {
            case "a": add(Sample.accept(token, number))
            case "f": add(Sample.finish(token, number))
            case "v": add(Sample.advance(token, number))
            case "c": add(Sample.cancel(token, number))
            case "w": add(.words(token, Sample.key(number)))
            default: add(Sample.read(token, number))
            }
        }
    }

    /// Takes everything that may leave, as text: batches apart by a bar.
    mutating func taken(
        window: Int = 100, _ mayLeave: (Batch) -> Bool = { _ in true }
    ) -> String {
        take(window: window, where: mayLeave)
            .map { $0.commands.map(\.short).joined(separator: " ") }
            .joined(separator: " | ")
    }
}

extension RedisReply {
    static func text(_ text: String) -> RedisReply { .bytes(Array(text.utf8)) }

    static func flat(_ pairs: KeyValuePairs<String, String>) -> RedisReply {
        .array(pairs.flatMap { [.text($0), .text($1)] })
    }
}
