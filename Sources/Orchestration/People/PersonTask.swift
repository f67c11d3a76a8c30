import Document
import Flow
import Store
import Telemetry
import Wire

/// What a workflow asks a person, as its `with` says it, and what counts as an answer.
struct PersonTask {
    /// The agent's name that stands for people in workflows: no worker ever serves it.
    static let agent = "ask-human"

    let title: String
    let assignee: String
    /// How often it is told again while it is open.
    let remind: Duration?
    /// Whether something is to be approved: the answer says yes or no, and who said so.
    let isApproval: Bool
    let form: Schema?
    /// All of it, in the order in which it was written, which is that of the form's fields.
    let content: [UInt8]
    /// The same for whatever says the same.
    let arguments: Digest

    private static let longestTitle = 200
    private static let largest = 65_536
    private static let shortestReminder = Duration.seconds(1)

    init(_ with: Value) throws(FlowError) {
        let approve = with["approve"] ?? .null
        switch approve {
        case .null, .bool: isApproval = approve.bool == true
        case .object: isApproval = true
        default:
            throw FlowError(.validation, "\"approve\" is true, or says action and arguments")
        }
        let action = approve["action"]?.string.map { "Approve \($0)" }
        let text = with["title"]?.string ?? with["question"]?.string ?? action ?? ""
        title = String(text.unicodeScalars.prefix(Self.longestTitle).map(Character.init))
        assignee = try Self.assignee(with["assignee"])
        form = try Self.form(with["form"])
        var interval: Duration?
        if let remind = with["remind"], !remind.isNull {
            interval = max(try FlowRun.duration(remind["every"] ?? remind), Self.shortestReminder)
        }
        remind = interval
        content = JSON.write(with)
        arguments = Digest("arguments", content: ContentBytes(JSON.canonical(with)))
        guard content.count <= Self.largest else {
            throw FlowError(
                .validation,
                "the question has \(content.count) bytes; a person is asked at most "
                    + "\(Self.largest)")
        }
    }

    /// One that was asked before; what makes no sense any more asks for any answer.
    init?(content: [UInt8]) {
        guard let with = try? JSON.parse(content) else { return nil }
        try? self.init(with)
    }

    /// The answer as the run is told it; a fault that says what is wrong with it.
    func value(of answer: Value, by who: String, at moment: Moment) throws(Fault) -> Value {
        guard isApproval else { return try checked(answer) }
        var members: ObjectValue = [:]
        if let object = answer.object { members = object } else { members["approved"] = answer }
        guard let approved = members["approved"]?.bool else {
            throw Fault(WireCode.invalid, "an approval says \"approved\": true or false")
        }
        members["approved"] = nil
        // Who has not approved need not fill in what belongs to it.
        if approved, case .object(let filled) = try checked(.object(members)) { members = filled }
        members["approved"] = .bool(approved)
        members["by"] = .string(who)
        members["at"] = .string(moment.iso8601)
        return .object(members)
    }

    // MARK: - Steps

    private func checked(_ answer: Value) throws(Fault) -> Value {
        guard let form else { return answer }
        let value = form.applyDefaults(answer)
        let problems = form.validate(value)
        guard problems.isEmpty else {
            let list = problems.prefix(5).map(\.description).joined(separator: "; ")
            throw Fault(WireCode.invalid, "the answer is not what the form asks for: \(list)")
        }
        return value
    }

    private static func assignee(_ value: Value?) throws(FlowError) -> String {
        guard let value, !value.isNull else { return "" }
        guard let text = value.string, text.utf8.count <= 128 else {
            throw FlowError(.validation, "\"assignee\" is a text of at most 128 bytes")
        }
        return text
    }

    private static func form(_ value: Value?) throws(FlowError) -> Schema? {
        guard let value, !value.isNull else { return nil }
        do throws(Fault) {
            return try Schema(value)
        } catch {
            throw FlowError(.validation, "\"form\" is not a JSON Schema: \(error)")
        }
    }
}
