import Reactor
import Telemetry
import WebClient
import WorkerKit

/// The agent that does `call: openapi` of workflows.
extension Agent {
    static func openAPI(_ web: WebDesk) -> Agent {
        Agent(
            "openapi",
            description: "Calls an operation that an OpenAPI or Swagger document describes",
            capabilities: ["web"], useCases: ["call a described interface of the web"],
            keywords: ["openapi", "swagger", "rest", "api", "web"],
            parameters: [
                "type": "object", "required": ["document", "operationId"],
                "properties": [
                    "document": [
                        "type": "object",
                        "description": "{endpoint}: where the document is, JSON or YAML",
                    ],
                    "operationId": ["type": "string"],
                    "parameters": [
                        "type": "object",
                        "description": "by name; of OpenAPI 3 the rest is the body",
                    ],
                    "authentication": ["type": "object"],
                    "output": [
                        "type": "string", "enum": ["raw", "content", "response"],
                        "default": "content",
                    ],
                    "redirect": ["type": "boolean", "default": false],
                ],
            ]
        ) { (with: Value, task) in
            try await Problem.travelling {
                let wanted = try OpenAPICall(with)
                let document = try await web.document(of: wanted, for: task)
                var call = try wanted.call(document)
                call.request.nameRepetitions(of: task)
                let response = try await web.send(
                    call.request, as: wanted.authentication, for: task)
                return try call.value(response)
            }
        }
    }
}

extension WebDesk {
    private enum Limits {
        static let fresh = Duration.seconds(60)
        static let document = 2 << 20
    }

    /// The document that a call names, from the shelf where it is still true.
    func document(of call: OpenAPICall, for task: TaskContext) async throws -> OpenAPIDocument {
        var request = WebRequest("GET", call.document)
        let url: WebURL
        do throws(Fault) {
            url = try WebURL(call.document)
        } catch {
            throw Problem(error, asking: request)
        }
        let kept = call.documentAuthentication == nil ? documents[call.document] : nil
        if let kept, kept.end > task.loop.now { return try OpenAPIDocument(kept.document, at: url) }
        request.redirects = 5
        request.largestBody = Limits.document
        request.headers.append("Accept", "application/json, application/yaml, */*;q=0.5")
        if let tag = kept?.tag { request.headers.append("If-None-Match", tag) }
        let response = try await send(request, as: call.documentAuthentication, for: task)
        let end = task.loop.now + Limits.fresh
        if response.status == 304, let kept {
            documents.keep(
                .init(document: kept.document, tag: kept.tag, end: end), as: call.document)
            return try OpenAPIDocument(kept.document, at: url)
        }
        guard response.status == 200 else { throw Problem(response) }
        let value = try OpenAPIDocument.parse(response.body, from: url)
        let document = try OpenAPIDocument(value, at: response.url)
        if call.documentAuthentication == nil {
            documents.keep(
                .init(document: value, tag: response.headers["etag"], end: end), as: call.document)
        }
        return document
    }
}
