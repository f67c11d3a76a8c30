import WebClient
import WorkerKit

/// What a call of the web gives back: the content, all that came, or the bytes. Pure.
enum CallOutput: String, CaseIterable {
    case raw, content, response

    init(_ value: Value?) throws(Problem) {
        guard let value, !value.isNull else {
            self = .content
            return
        }
        guard let output = value.string.flatMap(CallOutput.init(rawValue:)) else {
            throw Problem(
                .validation, "The output is unknown", "output is raw, content or response")
        }
        self = output
    }

    /// The answer as the task's output.
    func value(_ response: WebResponse, to request: WebRequest) throws(Problem) -> Value {
        switch self {
        case .raw: .string(Base64.encode(response.body))
        case .content: try Self.content(response)
        case .response:
            [
                "request": [
                    "method": .string(response.method.lowercased()),
                    "uri": .string("\(response.url)"),
                    "headers": Self.headers(request.headers, without: Self.secrets),
                ],
                "statusCode": Value(response.status),
                "headers": Self.headers(response.headers, without: []),
                "content": try Self.content(response),
            ]
        }
    }

    /// What a journal need not know.
    private static let secrets: Set = ["authorization", "cookie", "x-api-key", "api-key"]

    private static func headers(_ headers: WebHeaders, without: Set<String>) -> Value {
        var object = ObjectValue()
        for field in headers.fields where !without.contains(field.name.lowercased()) {
            let before = object[field.name]?.string.map { "\($0), " } ?? ""
            object[field.name] = .string(before + field.value)
        }
        return .object(object)
    }

    private static func content(_ response: WebResponse) throws(Problem) -> Value {
        guard !response.body.isEmpty else { return .null }
        if isJSON(response.headers["content-type"] ?? "") {
            do throws(Fault) {
                return try JSON.parse(response.body)
            } catch {
                throw Problem(
                    .communication, status: 502, "The answer is no JSON",
                    "\(response.method) \(response.url.shown): \(error)")
            }
        }
        let isText = (try? UTF8Span(validating: response.body.span)) != nil
        return .string(
            isText
                ? String(decoding: response.body, as: UTF8.self) : Base64.encode(response.body))
    }

    static func isJSON(_ contentType: String) -> Bool {
        let type = contentType.prefix { $0 != ";" && $0 != " " }.lowercased()
        return type == "application/json" || type == "text/json" || type.hasSuffix("+json")
    }
}
