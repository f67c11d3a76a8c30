import Telemetry
import WebClient

/// What became of a request to the web, as a problem.
extension Problem {
    init(_ fault: Fault, asking request: WebRequest) {
        let detail = "\(request.method.uppercased()): \(fault.message)"
        switch fault.code {
        case WebCode.refused:
            self.init(.authorization, "The address must not be asked", detail)
        case WebCode.timeout: self.init(.timeout, "No answer in time", detail)
        case WebCode.invalid: self.init(.validation, "The request is no good", detail)
        case WebCode.limit:
            self.init(.communication, status: 502, "The answer is too large", detail)
        default: self.init(.communication, status: 503, "No answer", detail)
        }
    }

    /// A status that is no success, with the beginning of what the server said about it.
    init(_ response: WebResponse) {
        let words = Self.words[response.status] ?? "Status \(response.status)"
        var detail = "\(response.method) \(response.url.shown): \(response.status) \(words)"
        let said = String(decoding: response.body.prefix(200), as: UTF8.self)
        if !said.isEmpty { detail += ": \(said)" }
        self.init(.communication, status: response.status, words, detail)
    }

    private static let words = [
        300: "Multiple Choices", 301: "Moved Permanently", 302: "Found", 303: "See Other",
        304: "Not Modified", 307: "Temporary Redirect", 308: "Permanent Redirect",
        400: "Bad Request", 401: "Unauthorized", 402: "Payment Required", 403: "Forbidden",
        404: "Not Found", 405: "Method Not Allowed", 406: "Not Acceptable",
        408: "Request Timeout", 409: "Conflict", 410: "Gone", 411: "Length Required",
        412: "Precondition Failed", 413: "Content Too Large", 414: "URI Too Long",
        415: "Unsupported Media Type", 418: "I'm a teapot", 422: "Unprocessable Content",
        423: "Locked", 425: "Too Early", 428: "Precondition Required", 429: "Too Many Requests",
        431: "Request Header Fields Too Large", 451: "Unavailable For Legal Reasons",
        500: "Internal Server Error", 502: "Bad Gateway",
        503: "Service Unavailable", 504: "Gateway Timeout",
    ]
}
