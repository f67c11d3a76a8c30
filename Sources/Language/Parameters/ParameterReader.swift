package import Document
package import Telemetry

/// Reads the parameters of one agent out of questions, by nothing but the agent's own schema. It is
/// made once for an agent and asked for every question.
package struct ParameterReader: Sendable {
    private let schema: Schema
    let specs: [ParameterSpec]

    /// Throws where what the agent declares is no schema.
    package init(_ parameters: Value) throws(Fault) {
        schema = try Schema(parameters)
        specs = ParameterSpec.all(parameters)
    }

    /// What a question says. `previous` are values of earlier questions, which count where this one
    /// says nothing; `now` is the time of whoever asks, without which `since Monday` is not
    /// understood.
    package func read(
        _ text: String, previous: ObjectValue = [:], now: AskedAt? = nil
    ) -> Extraction {
        var extraction = Extraction()
        guard !specs.isEmpty else { return extraction }
        let tokens = Tokenizer.tokens(text)
        let mentions = MentionReader.mentions(text, tokens, now: now)
        var binder = ParameterBinder(specs: specs, tokens: tokens, mentions: mentions, text: text)
        extraction.bindings = binder.bound()
        addRemembered(previous, &extraction)
        check(&extraction)
        return extraction
    }

    private func addRemembered(_ previous: ObjectValue, _ extraction: inout Extraction) {
        let said = extraction.values
        for (name, value) in previous where said[name] == nil {
            guard specs.contains(where: { $0.name == name }) else { continue }
            extraction.bindings.append(
                Extraction.Binding(
                    parameter: name, value: value, origin: .remembered, words: ""))
        }
    }

    private func check(_ extraction: inout Extraction) {
        let values = extraction.values
        let missing = specs.filter {
            $0.isRequired && values[$0.name] == nil && $0.fallback == nil
        }
        let names = Set(missing.map(\.name))
        extraction.missing = missing.map(\.name)
        extraction.problems = schema.validate(schema.applyDefaults(.object(values))).filter {
            !names.contains($0.path)
        }
        extraction.question = question(missing)
    }

    /// One question for all that is missing.
    private func question(_ missing: [ParameterSpec]) -> String? {
        guard !missing.isEmpty else { return nil }
        let parts = missing.map { spec -> String in
            let about = spec.schema["description"]?.string ?? spec.name
            guard case .choice(let choices) = spec.kind else { return "\(spec.name) (\(about))" }
            return "\(spec.name) (\(about): \(choices.joined(separator: ", ")))"
        }
        return "Please say \(parts.joined(separator: " and "))."
    }

    /// The values with what the schema says where nothing was said.
    package func filled(_ values: ObjectValue) -> Value { schema.applyDefaults(.object(values)) }
}
