import WebClient
import WorkerKit

/// A call of an operation as a workflow writes it: the `with` of `call: openapi`. Pure; with the
/// document it makes a request.
struct OpenAPICall {
    /// Where the document is, and who may read it.
    let document: String
    let documentAuthentication: Authentication?
    let operation: String
    let authentication: Authentication?
    let output: CallOutput
    let redirects: Bool
    private let parameters: ObjectValue

    init(_ value: Value) throws(Problem) {
        guard let object = value.object else { throw HTTPCall.misspelt("it is an object") }
        let endpoint = object["document"]?["endpoint"]
        guard let document = endpoint?.string ?? endpoint?["uri"]?.string else {
            throw HTTPCall.misspelt("document.endpoint is the URL of a document")
        }
        guard let operation = object["operationId"]?.string else {
            throw HTTPCall.misspelt("operationId is the name of an operation of the document")
        }
        let parameters = object["parameters"] ?? .null
        guard parameters.isNull || parameters.object != nil else {
            throw HTTPCall.misspelt("parameters is an object")
        }
        (self.document, self.operation) = (document, operation)
        self.parameters = parameters.object ?? ObjectValue()
        documentAuthentication = try Authentication(endpoint?["authentication"])
        authentication = try Authentication(object["authentication"])
        output = try CallOutput(object["output"])
        redirects = try HTTPCall.flag(object["redirect"], "redirect")
    }

    /// The request that the document makes of it, as a call of HTTP.
    func call(_ document: OpenAPIDocument) throws(Problem) -> HTTPCall {
        let operation = try document.operation(operation)
        var rest = parameters
        var draft = Draft(path: operation.path, url: try document.server(of: operation))
        for object in operation.parameters {
            guard let parameter = OpenAPIParameter(object, isOld: document.isOld) else { continue }
            let given = parameters[parameter.name]
            rest[parameter.name] = nil
            guard let value = given ?? parameter.fallback, !value.isNull else {
                guard !parameter.isRequired else { throw Self.missing(parameter.name) }
                continue
            }
            try draft.place(value, as: parameter)
        }
        draft.gather()
        if let description = operation.body {
            draft.body = try self.body(description, &rest, &draft.headers)
        }
        try Self.refuseUnknown(rest, operation)
        if let name = draft.unfilled { throw Self.missing(name) }
        return try http(operation.method, draft.address, draft.headers, draft.body)
    }

    /// A request as it is put together from its parameters.
    private struct Draft {
        private var path: String
        private var url: WebURL
        var headers = ObjectValue()
        private var cookies: [String] = []
        private var form: [String] = []
        var body: Value?

        init(path: String, url: WebURL) {
            self.path = path
            self.url = url
        }

        mutating func place(_ value: Value, as parameter: OpenAPIParameter) throws(Problem) {
            switch parameter.place {
            case .path:
                path = path.replacing("{\(parameter.name)}", with: try parameter.segment(value))
            case .query: for pair in parameter.pairs(value) { url.append(pair.name, pair.value) }
            case .header: headers[parameter.name] = .string(parameter.flat(value) { $0 })
            case .cookie:
                cookies += parameter.pairs(value).map { "\($0.name)=\(Percent.encode($0.value))" }
            case .body: body = value
            case .formData:
                form += parameter.pairs(value).map {
                    "\(Percent.encode($0.name))=\(Percent.encode($0.value))"
                }
            }
        }

        /// What was given in pieces becomes one header, one body.
        mutating func gather() {
            if !cookies.isEmpty { headers["Cookie"] = .string(cookies.joined(separator: "; ")) }
            if !form.isEmpty {
                headers["Content-Type"] = "application/x-www-form-urlencoded"
                body = .string(form.joined(separator: "&"))
            } else if let value = body {
                headers["Content-Type"] = "application/json"
                body = .string(JSON.text(value))
            }
        }

        /// The first parameter of the path that nobody gave.
        var unfilled: String? {
            guard let start = path.firstIndex(of: "\u{7b}") else { return nil }
            return String(path[path.index(after: start)...].prefix { $0 != "\u{7d}" })
        }

        var address: WebURL {
            var url = url
            let base = url.path.hasSuffix("/") ? String(url.path.dropLast()) : url.path
            url.path = base + (path.hasPrefix("/") ? path : "/\(path)")
            return url
        }
    }

    private func http(
        _ method: String, _ url: WebURL, _ headers: ObjectValue, _ body: Value?
    ) throws(Problem) -> HTTPCall {
        var with: ObjectValue = [
            "method": .string(method), "endpoint": .string("\(url)"),
            "headers": .object(headers), "output": .string(output.rawValue),
            "redirect": .bool(redirects),
        ]
        with["body"] = body
        return try HTTPCall(.object(with))
    }

    /// The body of OpenAPI 3: what is given as `body`, or else all that is no parameter.
    private func body(
        _ description: ObjectValue, _ rest: inout ObjectValue, _ headers: inout ObjectValue
    ) throws(Problem) -> Value? {
        let whole: Value? = rest["body"] ?? (rest.isEmpty ? nil : .object(rest))
        rest = ObjectValue()
        guard let whole, !whole.isNull else {
            guard description["required"]?.bool != true else { throw Self.missing("body") }
            return nil
        }
        let types = description["content"]?.object?.keys ?? []
        let form = "application/x-www-form-urlencoded"
        guard
            let type = types.first(where: CallOutput.isJSON)
                ?? types.first(where: { $0 == form || $0.hasPrefix("text/") })
                ?? (types.isEmpty || types.contains("*/*") ? "application/json" : nil)
        else {
            throw HTTPCall.misspelt(
                "the operation takes \(types.joined(separator: ", ")), which cannot be written")
        }
        headers["Content-Type"] = .string(type)
        if type == form, let object = whole.object { return .string(HTTPCall.form(object)) }
        return .string(CallOutput.isJSON(type) ? JSON.text(whole) : HTTPCall.plain(whole))
    }

    private static func refuseUnknown(
        _ rest: ObjectValue, _ operation: OpenAPIDocument.Operation
    ) throws(Problem) {
        guard let name = rest.keys.first else { return }
        let known = operation.parameters.compactMap { $0["name"]?.string }
        throw HTTPCall.misspelt(
            "the operation has no parameter \(name)" + Suggestion.phrase(for: name, in: known))
    }

    private static func missing(_ name: String) -> Problem {
        HTTPCall.misspelt("the parameter \(name) is missing")
    }
}
