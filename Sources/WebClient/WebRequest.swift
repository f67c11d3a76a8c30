import Telemetry

/// What is asked of a server, and how long and how much its answer may be.
package struct WebRequest: Sendable {
    /// Who asks, where a header is not enough; never sent to a server that another one named.
    package enum Credentials: Hashable, Sendable {
        case digest(user: String, password: String)
    }

    package var method: String
    package var url: String
    package var headers = WebHeaders()
    package var body: [UInt8]?
    package var credentials: Credentials?
    /// For all of it: the wait for its turn, names, connections, redirects and the last byte.
    package var timeout: Duration = .seconds(30)
    /// How often the server may send on to another place; 0: the answer that says so is the answer.
    package var redirects = 0
    /// Bytes of the body that are taken, as they are after they were unpacked.
    package var largestBody: Int?

    package init(_ method: String = "GET", _ url: String) {
        (self.method, self.url) = (method, url)
    }
}

/// What a server answered.
package struct WebResponse: Sendable {
    /// Where the answer came from, and what was asked there: not what was asked at first, where the
    /// server has sent on.
    package var url: WebURL
    package var method: String
    package var status: Int
    package var headers: WebHeaders
    package var body: [UInt8]

    package init(
        url: WebURL, method: String, status: Int, headers: WebHeaders, body: [UInt8] = []
    ) {
        (self.url, self.method, self.status) = (url, method, status)
        (self.headers, self.body) = (headers, body)
    }
}
