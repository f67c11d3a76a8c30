import Document
package import Telemetry

/// Plays scenarios in a world: arranges what is given, lets the workflow run, and checks what is
/// expected. The steps are those of the official kit and the ones `StepBook` adds.
package struct ScenarioPlayer: Sendable {
    private let world: any World & Sendable

    package init(in world: any World & Sendable) { self.world = world }

    /// Everything of a scenario that is not as expected; nothing if it passes.
    package func play(_ scenario: Feature.Scenario, source: String) async -> [Fault] {
        var script = Script()
        var story: Story?
        var unmet: [Fault] = []
        for step in scenario.steps {
            let place = "\(source):\(step.line): \(scenario.name)"
            do throws(Fault) {
                switch step.kind {
                case .given: try Arrangement.apply(step, to: &script)
                case .when: story = try await world.play(script)
                case .then:
                    guard let story else {
                        throw Fault(ConformanceCode.step, "nothing was executed yet")
                    }
                    try Expectation(story).check(step)
                }
            } catch {
                unmet.append(Fault(error.code, "\(step.text): \(error.message)", at: place))
            }
        }
        if story == nil {
            unmet.append(Fault(ConformanceCode.step, "nothing is executed", at: source))
        }
        return unmet
    }
}

/// A sentence with its quoted parts and numbers taken out: `the agent '_' answers after _`.
struct Sentence {
    /// The text with `_` for each quoted part and each word that begins with a digit.
    var pattern: String
    var parts: [String]

    init(_ text: String) {
        var pattern = ""
        var parts: [String] = []
        var quoted: String?
        var word = ""
        func endWord() {
            if let first = word.first, first.isNumber {
                parts.append(word)
                pattern += "_"
            } else {
                pattern += word
            }
            word = ""
        }
        for character in text {
            if quoted != nil {
                if character == "'" {
                    parts.append(quoted ?? "")
                    quoted = nil
                    pattern += "_"
                } else {
                    quoted?.append(character)
                }
            } else if character == "'" {
                quoted = ""
            } else if character == " " || character == "," {
                endWord()
                pattern.append(character)
            } else {
                word.append(character)
            }
        }
        endWord()
        self.pattern = pattern
        self.parts = parts
    }

    func duration(_ position: Int) throws(Fault) -> Duration {
        guard parts.indices.contains(position),
            let duration = Quantity.duration(parts[position])
        else { throw Fault(ConformanceCode.step, "there is no duration like 5s or 100ms in it") }
        return duration
    }

    func count(_ position: Int) throws(Fault) -> Int {
        guard parts.indices.contains(position),
            let count = Int(parts[position].prefix { $0.isNumber })
        else { throw Fault(ConformanceCode.step, "there is no count in it") }
        return count
    }
}

extension Feature.Step {
    /// The YAML below the step as a value.
    func value() throws(Fault) -> Value {
        guard let document else {
            throw Fault(ConformanceCode.step, "a text between \"\"\" is missing below")
        }
        return try YAML.parse(document).value()
    }
}
