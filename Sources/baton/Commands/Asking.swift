import Document
import Reactor
import Telemetry
import Wire
import WorkerKit

/// What all commands that ask agents have in common: the words of their command line, and the
/// waiting for an answer that Ctrl-C ends, at the agents too.
enum Asking {
    static let content = Argument(
        "JSON", .text, "What is asked, as JSON; - reads standard input")
    static let volatile = Option.flag(
        "volatile", "Faster, and lost with a process that dies")
    static let header = Option(
        "header", short: "H", .text, "NAME=VALUE", "Sent along with the call", repeats: true)
    static let priority = Option(
        "priority", .number(0...WireLimits.priority), "N",
        "What waits for a worker with a higher one is done first", default: "0")
    static let id = Option(
        "id", .name, "ID", "The same id is the same request; it is done once")

    static let session = Option(
        "session", .name, "ID",
        "Its agents know what was asked before; new: an id is made and told")

    /// The options of a call, in the order of the help.
    static let options = [id, session, priority, volatile, header]

    /// Sets what the command line says of a call beyond whom and what it asks.
    static func prepare(
        _ request: CallRequest, _ invocation: Invocation, timeout: Duration? = nil
    ) throws -> CallRequest {
        var request = request
        request.setTimeout(
            timeout ?? invocation.duration(CommonOptions.timeout) ?? .seconds(30))
        if invocation.flag(volatile) { request.delivery = .volatile }
        request.priority = UInt32(clamping: invocation.number(priority) ?? 0)
        request.requestID = invocation.text(id) ?? ""
        request.headers.merge(try headers(invocation)) { own, _ in own }
        if let session = invocation.text(session) {
            let id = session == "new" ? SessionID.made() : session
            if session == "new" { try invocation.console.errors.line("Session \(id, .bold)") }
            request.headers["session"] = id
        }
        return request
    }

    private static func headers(_ invocation: Invocation) throws(Fault) -> [String: String] {
        var headers: [String: String] = [:]
        for text in invocation.texts(header) {
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, !parts[0].isEmpty else {
                throw Fault(
                    Exit.usage, "--header is written NAME=VALUE, not \(Printable.quoted(text)).")
            }
            headers[String(parts[0])] = String(parts[1])
        }
        return headers
    }

    /// The JSON to send, as it was written; checked here because here the place can be named.
    static func content(_ invocation: Invocation) throws -> RawContent {
        let text = try invocation.required(content)
        return try content(text, invocation)
    }

    static func content(_ text: String, _ invocation: Invocation) throws -> RawContent {
        RawContent(try bytes(text, "JSON", invocation))
    }

    /// A value that is written as JSON on the command line or comes on standard input.
    static func value(_ text: String, _ name: String, _ invocation: Invocation) throws -> Value {
        try JSON.parse(try bytes(text, name, invocation))
    }

    private static func bytes(
        _ text: String, _ name: String, _ invocation: Invocation
    ) throws -> [UInt8] {
        let isInput = text == "-"
        let bytes =
            isInput ? try invocation.console.input(WireLimits.content) : Array(text.utf8)
        do throws(Fault) {
            _ = try JSON.parse(bytes, source: isInput ? "standard input" : name)
        } catch {
            let isWord = text.unicodeScalars.first?.properties.isAlphabetic == true
            let hint = isWord ? "; text needs quotes of its own: '\"text\"'" : ""
            throw Fault(
                isInput ? Exit.invalidInput : Exit.usage, error.message + hint, at: error.place)
        }
        return bytes
    }

    /// An answer, and how long it took.
    struct Answer: Sendable {
        let answer: CallAnswer
        let time: Duration
    }

    /// Asks and waits; a live line shows how things stand.
    ///
    /// - Parameter watch: looks on while the answer is waited for, over the same connection.
    static func ask(
        _ request: CallRequest, _ plan: Session.Plan, _ progress: LiveProgress, _ console: Console,
        onNews: @escaping @Sendable (CallNews) -> Void,
        watch: @escaping @Sendable (Client) async throws -> Void = { _ in }
    ) async throws -> Answer {
        let loop = console.loop
        let began = loop.now
        let answer = try await Interruption.cancelling(on: loop) {
            try await Interruption.showing {
                try await progress.show(since: began, on: loop)
            } while: {
                try await Contact.with(plan, on: loop, within: request.timeout) { client in
                    var request = request
                    let left = request.timeout - (loop.now - began)
                    request.setTimeout(max(.milliseconds(1), left))
                    let settled = request
                    return try await Interruption.showing {
                        try await watch(client)
                    } while: {
                        try await client.session.call(settled, onNews: onNews)
                    }
                }
            }
        }
        return Answer(answer: answer, time: loop.now - began)
    }
}
