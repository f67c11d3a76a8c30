package import Document
package import Telemetry

/// One question with what the right answer to it is: the agents, and what each is given.
package struct LabelledQuery: Sendable {
    package var query: String
    package var agents: [String]
    /// By agent; `{"any": true}` is not judged.
    package var parameters: ObjectValue
    package var line: Int

    private static let mostBytes = 1 << 20

    /// Reads one question a line; empty lines and those that begin with `#` are left out.
    package static func read(_ bytes: [UInt8], source: String) throws(Fault) -> [LabelledQuery] {
        var questions: [LabelledQuery] = []
        let lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
        for (position, line) in lines.enumerated() {
            let place = "\(source):\(position + 1)"
            guard let first = line.first(where: { $0 > 0x20 }), first != 0x23 else { continue }
            guard line.count <= mostBytes else {
                throw Fault(LanguageCode.invalid, "the line is too long", at: place)
            }
            let value: Value
            do throws(Fault) {
                value = try JSON.parse(Array(line))
            } catch {
                throw Fault(LanguageCode.invalid, error.message, at: place)
            }
            questions.append(try LabelledQuery(value, line: position + 1, place: place))
        }
        guard !questions.isEmpty else {
            throw Fault(LanguageCode.invalid, "there is no question in it", at: source)
        }
        return questions
    }

    private init(_ value: Value, line: Int, place: String) throws(Fault) {
        guard let query = value["query"]?.string else {
            throw Fault(LanguageCode.invalid, "\"query\" is missing or is no text", at: place)
        }
        guard let agents = value["agents"]?.array,
            agents.allSatisfy({ $0.string != nil })
        else {
            throw Fault(
                LanguageCode.invalid, "\"agents\" is missing or no list of names", at: place)
        }
        guard let parameters = (value["parameters"] ?? [:]).object else {
            throw Fault(LanguageCode.invalid, "\"parameters\" is no object", at: place)
        }
        self.query = query
        self.agents = agents.compactMap(\.string)
        self.parameters = parameters
        self.line = line
    }
}
