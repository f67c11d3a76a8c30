import Telemetry

/// One request to one server: the first, or one that a server sent on to. Pure.
struct Hop: Sendable {
    var method: String
    var url: WebURL
    var headers: WebHeaders
    var body: [UInt8]?
    var credentials: WebRequest.Credentials?

    /// What is for one server's eyes alone.
    private static let secrets: Set = ["authorization", "cookie", "x-api-key", "api-key"]
    private static let ofBody: Set = [
        "content-type", "content-length", "content-encoding", "content-language",
        "content-location",
    ]

    init(_ request: WebRequest) throws(Fault) {
        guard !request.method.isEmpty, request.method.utf8.count <= 32,
            request.method.utf8.allSatisfy(WebHeaders.isToken)
        else { throw Fault(WebCode.invalid, "'\(request.method.prefix(40))' is no method") }
        method = request.method.uppercased()
        guard method != "CONNECT" else {
            throw Fault(WebCode.invalid, "CONNECT asks for a tunnel, and there is none")
        }
        url = try WebURL(request.url)
        headers = request.headers
        // Whoever sends the body knows how long it is.
        headers.remove(["content-length"])
        try headers.check()
        (body, credentials) = (request.body, request.credentials)
    }

    /// Whether an answer of this status is no answer but the way to another place.
    static func sendsOn(_ status: Int) -> Bool { [301, 302, 303, 307, 308].contains(status) }

    /// What is to be asked after a server sent on.
    func next(_ status: Int, _ location: String) throws(Fault) -> Hop {
        var next = self
        do throws(Fault) {
            next.url = try url.resolving(location)
        } catch {
            throw Fault(error.code, "\(url.shown) sends on to no place on the web", cause: error)
        }
        let turnsIntoGet =
            status == 303 ? method != "HEAD" : [301, 302].contains(status) && method == "POST"
        if turnsIntoGet {
            next.method = "GET"
            next.body = nil
            next.headers.remove(Self.ofBody)
        }
        if next.url.origin != url.origin {
            next.credentials = nil
            next.headers.remove(Self.secrets)
        }
        return next
    }
}
