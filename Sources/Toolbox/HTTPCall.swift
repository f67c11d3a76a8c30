import WebClient
import WorkerKit

/// A call of HTTP as a workflow writes it, read: the `with` of `call: http`, its expressions
/// evaluated and its templates filled. Pure.
struct HTTPCall {
    var request: WebRequest
    let authentication: Authentication?
    let output: CallOutput
    /// Whether a server may send on, and a status that says so is no failure.
    let redirects: Bool

    init(_ value: Value) throws(Problem) {
        guard let object = value.object else { throw Self.misspelt("it is an object") }
        guard let method = object["method"]?.string else {
            throw Self.misspelt("method is a text such as get")
        }
        let endpoint = object["endpoint"]
        guard let uri = endpoint?.string ?? endpoint?["uri"]?.string else {
            throw Self.misspelt("endpoint is a URL, or an object with one as uri")
        }
        authentication = try Authentication(endpoint?["authentication"])
        output = try CallOutput(object["output"])
        redirects = try Self.flag(object["redirect"], "redirect")
        request = WebRequest(method, try Self.url(uri, object["query"]))
        try addHeaders(object["headers"])
        addBody(object["body"])
        // More than any server is followed to: the client has the last word.
        if redirects { request.redirects = 5 }
    }

    static func flag(_ value: Value?, _ name: String) throws(Problem) -> Bool {
        guard let value, !value.isNull else { return false }
        guard let flag = value.bool else { throw misspelt("\(name) is true or false") }
        return flag
    }

    private static func url(_ text: String, _ query: Value?) throws(Problem) -> String {
        guard let query, !query.isNull else { return text }
        guard let object = query.object else { throw misspelt("query is an object") }
        do throws(Fault) {
            var url = try WebURL(text)
            for (name, value) in object {
                for element in value.array ?? [value] where !element.isNull {
                    url.append(name, plain(element))
                }
            }
            return "\(url)"
        } catch {
            throw Problem(error, asking: WebRequest("GET", text))
        }
    }

    private mutating func addHeaders(_ value: Value?) throws(Problem) {
        guard let value, !value.isNull else { return }
        guard let object = value.object else { throw Self.misspelt("headers is an object") }
        for (name, value) in object where !value.isNull {
            request.headers.append(name, Self.plain(value))
        }
    }

    /// A text goes as it is, anything else as JSON, or as a form where the headers say so.
    mutating func addBody(_ body: Value?) {
        guard let body, !body.isNull else { return }
        let type = request.headers["content-type"]?.lowercased() ?? ""
        if let text = body.string {
            request.body = Array(text.utf8)
            if type.isEmpty { request.headers.set("Content-Type", "text/plain; charset=utf-8") }
        } else if type.hasPrefix("application/x-www-form-urlencoded"), let object = body.object {
            request.body = Array(Self.form(object).utf8)
        } else {
            request.body = JSON.write(body)
            if type.isEmpty { request.headers.set("Content-Type", "application/json") }
        }
    }

    static func form(_ object: ObjectValue) -> String {
        object.flatMap { name, value in
            (value.array ?? [value]).filter { !$0.isNull }.map {
                "\(Percent.encode(name))=\(Percent.encode(plain($0)))"
            }
        }.joined(separator: "&")
    }

    /// A text without quotes, anything else as JSON.
    static func plain(_ value: Value) -> String { value.string ?? JSON.text(value) }

    static func misspelt(_ detail: String) -> Problem {
        Problem(.validation, "The call is no good", detail)
    }

    /// The answer as the task's output, or the problem that it is.
    func value(_ response: WebResponse) throws(Problem) -> Value {
        guard
            (200..<300).contains(response.status)
                || (redirects && (300..<400).contains(response.status))
        else { throw Problem(response) }
        return try output.value(response, to: request)
    }
}
