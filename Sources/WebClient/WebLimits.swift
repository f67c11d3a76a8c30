/// Every bound of this module, by name.
package struct WebLimits: Sendable {
    /// Requests that are under way at once, and those that may wait for their turn.
    package var open = 64
    package var waiting = 1024
    /// Connections that are kept for the next request.
    package var idleConnections = 32
    package var connect = Duration.seconds(10)
    package var longest = Duration.seconds(3600)
    /// Bytes of a body, after it was unpacked, where a request says nothing else.
    package var body = 16 << 20
    package var headerBytes = 64 << 10
    package var headers = 200
    package var redirects = 5
    /// Addresses of one host that are tried one after the other.
    package var addresses = 4

    package init() {}
}
