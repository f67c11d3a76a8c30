package import Document

/// What a model is asked when words do not settle whom to ask: the system message, and the text of
/// `Texts/router.txt` with the request and the agents filled in.
package struct RouterPrompt: Sendable {
    package static let system =
        "You are an expert at routing requests to specialized AI agents."

    package let text: String

    /// Longer parts of a request are cut: what matters for routing stands at the beginning.
    private static let longest = 8000

    package init(
        request: String, context: Value = [:], history: Value = [], userContext: Value = [:],
        profiles: [AgentProfile], template: String = RouterPrompt.template
    ) {
        let fields: [(String, String)] = [
            ("request", request), ("context", JSON.text(context)),
            ("history", JSON.text(history)), ("user_context", JSON.text(userContext)),
            ("agents", RouterPrompt.list(profiles)),
        ]
        text = RouterPrompt.filled(template, Dictionary(fields) { first, _ in first })
    }

    package static let template = String(decoding: PackageResources.router_txt, as: UTF8.self)

    /// The messages of a chat, as the agent `chat-model` takes them.
    package var messages: Value {
        [
            ["role": "system", "content": .string(RouterPrompt.system)],
            ["role": "user", "content": .string(text)],
        ]
    }

    private static func list(_ profiles: [AgentProfile]) -> String {
        profiles.map { profile in
            let uses = profile.useCases.prefix(5).joined(separator: "; ")
            return "- \(profile.name): \(profile.description)" + (uses.isEmpty ? "" : " (\(uses))")
        }.joined(separator: "\n")
    }

    /// One pass, so that nothing that is filled in is looked at for more to fill.
    private static func filled(_ template: String, _ fields: [String: String]) -> String {
        var text = ""
        var rest = template[...]
        while let open = rest.firstRange(of: "{{") {
            text += rest[..<open.lowerBound]
            rest = rest[open.upperBound...]
            guard let close = rest.firstRange(of: "}}") else {
                text += "{{"
                break
            }
            let name = String(rest[..<close.lowerBound])
            text += fields[name].map { String($0.prefix(longest)) } ?? "{{\(name)}}"
            rest = rest[close.upperBound...]
        }
        return text + rest
    }
}
