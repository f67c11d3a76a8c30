import CCurl
import Glibc
import Reactor
import Telemetry

/// Owns one handle of curl: one request to one address and what comes back. It takes no more than
/// it was told to, and connects to no other address.
@safe final class CurlTransfer {
    /// What is asked, and within which bounds.
    struct Order {
        var hop: Hop
        var address: WebAddress
        var port: Int
        var connect: Duration
        var caFile: String?
        var largestBody: Int
        var headerBytes: Int
        var headers: Int
        /// Whether an answer that sends on is followed, so that nobody wants its body.
        var isFollowing: Bool
        /// Takes the pieces of the body; where it is nil they are kept.
        var onChunk: ((WebResponse, [UInt8]) -> Void)?
    }

    let order: Order
    private(set) var response: WebResponse
    /// Whether the address answered at all; only once it has ended.
    private(set) var hasConnected = true
    /// What ended it from this side.
    private var fault: Fault?
    private var headerBytes = 0
    private var bodyBytes = 0
    let handle: UnsafeMutableRawPointer
    private let errors: UnsafeMutablePointer<CChar>
    private var lists: [UnsafeMutablePointer<curl_slist>] = unsafe []
    let finished: (Result<WebResponse, Fault>) -> Void

    init(_ order: Order, finished: @escaping (Result<WebResponse, Fault>) -> Void) throws(Fault) {
        guard let handle = unsafe curl_easy_init() else {
            throw Fault(WebCode.communication, "no memory for a request", retry: .now)
        }
        unsafe self.handle = unsafe handle
        unsafe errors = .allocate(capacity: Int(CURL_ERROR_SIZE))
        unsafe errors.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        self.order = order
        self.finished = finished
        response = WebResponse(
            url: order.hop.url, method: order.hop.method, status: 0, headers: WebHeaders())
        try prepare()
    }

    deinit {
        unsafe curl_easy_cleanup(handle)
        for index in unsafe lists.indices { unsafe curl_slist_free_all(lists[index]) }
        unsafe errors.deallocate()
    }

    // MARK: - Before

    private func prepare() throws(Fault) {
        let me = unsafe Unmanaged.passUnretained(self).toOpaque()
        unsafe baton_curl_errors(handle, errors)
        unsafe baton_curl_receive(
            handle, me, CurlTransfer.onHeader, CurlTransfer.onBody, CurlTransfer.onSocket)
        var codes = [unsafe baton_curl_web_alone(handle)]
        // No proxy of the environment, no name looked up by curl, no redirect that it follows.
        for (option, text) in [
            (CURLOPT_URL, order.hop.url.description), (CURLOPT_PROXY, ""), (CURLOPT_NOPROXY, "*"),
            (CURLOPT_ACCEPT_ENCODING, ""),
        ] { codes.append(unsafe baton_curl_text(handle, option, text)) }
        for (option, number) in [
            (CURLOPT_NOSIGNAL, 1), (CURLOPT_FOLLOWLOCATION, 0), (CURLOPT_SSL_VERIFYPEER, 1),
            (CURLOPT_SSL_VERIFYHOST, 2), (CURLOPT_TCP_KEEPALIVE, 1),
            (CURLOPT_CONNECTTIMEOUT_MS, Int(clamping: max(1, order.connect.milliseconds))),
        ] { codes.append(unsafe baton_curl_long(handle, option, number)) }
        if let file = order.caFile {
            codes.append(unsafe baton_curl_text(handle, CURLOPT_CAINFO, file))
        }
        setList(CURLOPT_CONNECT_TO, ["::\(order.address.literal):\(order.port)"])
        setHeaders()
        setMethod(&codes)
        if case .digest(let user, let password) = order.hop.credentials {
            unsafe baton_curl_digest(handle, user, password)
        }
        guard codes.allSatisfy({ $0 == CURLE_OK }) else {
            throw Fault(WebCode.invalid, "curl does not take the request to \(order.hop.url.shown)")
        }
    }

    private func setMethod(_ codes: inout [CURLcode]) {
        let method = order.hop.method
        if method == "HEAD" {
            codes.append(unsafe baton_curl_long(handle, CURLOPT_NOBODY, 1))
            return
        }
        if let body = order.hop.body ?? (["POST", "PUT", "PATCH"].contains(method) ? [] : nil) {
            codes.append(
                unsafe body.withUnsafeBytes { bytes in
                    unsafe baton_curl_body(handle, bytes.baseAddress, bytes.count)
                })
        }
        codes.append(unsafe baton_curl_text(handle, CURLOPT_CUSTOMREQUEST, method))
    }

    private func setHeaders() {
        var lines = order.hop.headers.fields.map { field in
            field.value.isEmpty ? "\(field.name);" : "\(field.name): \(field.value)"
        }
        // What curl would add by itself.
        lines.append("Expect:")
        if order.hop.headers["content-type"] == nil { lines.append("Content-Type:") }
        if order.hop.headers["user-agent"] == nil { lines.append("User-Agent: baton") }
        setList(CURLOPT_HTTPHEADER, lines)
    }

    private func setList(_ option: CURLoption, _ lines: [String]) {
        var list: UnsafeMutablePointer<curl_slist>?
        for line in lines {
            guard let longer = unsafe curl_slist_append(list, line) else { continue }
            unsafe list = unsafe longer
        }
        guard let list = unsafe list else { return }
        unsafe lists.append(list)
        unsafe baton_curl_list(handle, option, list)
    }

    // MARK: - Meanwhile

    /// Takes one line of a head; false ends the transfer.
    private func takeHeader(_ bytes: [UInt8]) -> Bool {
        headerBytes += bytes.count
        guard headerBytes <= order.headerBytes, response.headers.fields.count < order.headers else {
            fault = tooMuch("headers", "\(order.headerBytes) bytes in \(order.headers) lines")
            return false
        }
        let line = String(
            decoding: bytes.reversed().drop { $0 == 13 || $0 == 10 }.reversed(), as: UTF8.self)
        if line.hasPrefix("HTTP/") {
            // The next head: of an answer that comes after 100, or after 401 asked for a digest.
            response.headers = WebHeaders()
            response.status = line.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        } else if let colon = line.firstIndex(of: ":"), colon != line.startIndex {
            let value = line[line.index(after: colon)...].trimmed
            response.headers.append(String(line[..<colon]), value)
        }
        return true
    }

    private func takeBody(_ bytes: [UInt8]) -> Bool {
        bodyBytes += bytes.count
        guard bodyBytes <= order.largestBody else {
            fault = tooMuch("bytes", "\(order.largestBody) after they are unpacked")
            return false
        }
        let isOnWay =
            order.isFollowing && Hop.sendsOn(response.status)
            && response.headers["location"] != nil
        guard !isOnWay else { return true }
        if let onChunk = order.onChunk {
            onChunk(response, bytes)
        } else {
            response.body += bytes
        }
        return true
    }

    private func tooMuch(_ what: String, _ bound: String) -> Fault {
        Fault(
            WebCode.limit,
            "\(order.hop.url.shown) answers with too many \(what): at most \(bound) are taken")
    }

    /// A socket for the address that was checked, and for no other.
    private func socket(_ wanted: UnsafeMutablePointer<curl_sockaddr>) -> Int32 {
        var bytes = [UInt8](repeating: 0, count: 16)
        let size = unsafe Int(baton_curl_address(wanted, &bytes))
        guard WebAddress(bytes: Array(bytes.prefix(size))) == order.address else {
            fault = Fault(
                WebCode.refused, "the connection would go elsewhere than to \(order.address)")
            return CURL_SOCKET_BAD
        }
        let type = unsafe wanted.pointee.socktype | Int32(SOCK_CLOEXEC.rawValue)
        return unsafe Glibc.socket(wanted.pointee.family, type, wanted.pointee.protocol)
    }

    // MARK: - Afterwards

    /// What came of it.
    func outcome(_ code: CURLcode) -> Result<WebResponse, Fault> {
        hasConnected = code != CURLE_COULDNT_CONNECT && code != CURLE_OPERATION_TIMEDOUT
        if let fault { return .failure(fault) }
        guard code != CURLE_OK else { return .success(response) }
        let detail = unsafe String(cString: errors)
        let reason = detail.isEmpty ? unsafe String(cString: curl_easy_strerror(code)) : detail
        let word: WebCode = code == CURLE_URL_MALFORMAT ? .invalid : .communication
        return .failure(Fault(word, "\(order.hop.url.shown): \(reason)"))
    }

    private static func me(_ context: UnsafeMutableRawPointer?) -> CurlTransfer? {
        guard let context = unsafe context else { return nil }
        return unsafe Unmanaged<CurlTransfer>.fromOpaque(context).takeUnretainedValue()
    }

    private static func copy(_ start: UnsafeMutablePointer<CChar>?, _ count: Int) -> [UInt8] {
        unsafe Array(UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : count))
    }

    private static let onHeader: curl_write_callback = { start, size, count, context in
        guard let me = unsafe me(context) else { return 0 }
        return unsafe me.takeHeader(copy(start, size * count)) ? size * count : 0
    }

    private static let onBody: curl_write_callback = { start, size, count, context in
        guard let me = unsafe me(context) else { return 0 }
        // Anything but the number that came ends the transfer; 0 is that number where none did.
        return unsafe me.takeBody(copy(start, size * count)) ? size * count : size * count + 1
    }

    private static let onSocket: curl_opensocket_callback = { context, _, wanted in
        guard let me = unsafe me(context), let wanted = unsafe wanted else {
            return CURL_SOCKET_BAD
        }
        return unsafe me.socket(wanted)
    }
}

extension Substring {
    /// Without the blanks around it.
    var trimmed: String {
        let isBlank: (Character) -> Bool = { $0 == " " || $0 == "\t" }
        guard let first = firstIndex(where: { !isBlank($0) }),
            let last = lastIndex(where: { !isBlank($0) })
        else { return "" }
        return String(self[first...last])
    }
}
