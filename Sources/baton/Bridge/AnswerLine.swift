import Document
import Telemetry
import Wire
import WorkerKit

/// One line that a command behind `baton worker` printed: an answer, or news of one. Pure; what is
/// not described in `proto/worker-stdio.md` is refused with a sentence for the command's author.
struct AnswerLine: Sendable {
    enum Content: Sendable {
        case result(Value)
        case error(TaskFailure)
        case progress(Value)
        case partial(Value)
        /// It is about to have a side effect, and asks whether it may.
        case effectBegin(String)
        /// It had the side effect; what came of it.
        case effectDone(String, Value)
    }

    /// Why a line cannot be an answer.
    struct Misprint: Error, Equatable {
        let message: String
    }

    private static let members = ["result", "error", "progress", "partial", "effect"]

    let id: String
    let content: Content

    init(_ line: [UInt8]) throws(Misprint) {
        guard let object = (try? JSON.parse(line))?.object else {
            throw Self.misprint("a line that is no JSON object", line)
        }
        guard let id = object["id"]?.string else {
            throw Self.misprint("a line without the id of a task", line)
        }
        let present = Self.members.filter { object[$0] != nil }
        guard present.count == 1, let name = present.first, let value = object[name] else {
            let names = Self.members.joined(separator: ", ")
            throw Self.misprint("a line without exactly one of \(names)", line)
        }
        self.id = id
        switch name {
        case "result": content = .result(value)
        case "progress": content = .progress(value)
        case "partial": content = .partial(value)
        case "effect": content = try Self.effect(value, line)
        default: content = .error(try Self.failure(value, line))
        }
    }

    private static func effect(_ value: Value, _ line: [UInt8]) throws(Misprint) -> Content {
        let (begun, done) = (value["begin"]?.string, value["done"]?.string)
        guard let call = begun ?? done, begun == nil || done == nil else {
            throw misprint("an effect without exactly one of begin, done and its name", line)
        }
        guard Name.isValid(call) else {
            throw misprint("an effect whose name is no word of a-z, 0-9, '.', '_' and '-'", line)
        }
        return begun == nil
            ? .effectDone(call, value["result"] ?? .null) : .effectBegin(call)
    }

    private static func failure(_ value: Value, _ line: [UInt8]) throws(Misprint) -> TaskFailure {
        guard let error = value.object else {
            throw misprint("an error that is no JSON object", line)
        }
        let code = error["code"]?.string ?? WireCode.failed.rawValue
        guard Name.isValid(code) else {
            throw misprint("an error whose code is no word of a-z, 0-9, '.', '_' and '-'", line)
        }
        return TaskFailure(
            code: code, message: error["message"]?.string ?? "the command gave no reason",
            retry: retry(error))
    }

    /// Whoever says how long to wait says that it may be tried again.
    private static func retry(_ error: ObjectValue) -> Retry {
        let delay = error["retry_after_ms"]?.integer ?? 0
        if delay > 0 { return .after(.milliseconds(delay)) }
        return error["retryable"]?.bool == true ? .now : .never
    }

    /// What is said about a line whose id belongs to no open task.
    static func unknownTask(_ line: [UInt8]) -> Misprint {
        misprint("an answer to a task that is not open", line)
    }

    private static func misprint(_ what: String, _ line: [UInt8]) -> Misprint {
        let beginning = Printable.quoted(String(decoding: line.prefix(200), as: UTF8.self))
        return Misprint(
            message: "the command printed \(what): \(beginning); "
                + "print answers only, and everything else to standard error")
    }
}
