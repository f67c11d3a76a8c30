import Telemetry
public import Wire

/// What may be said of a call beyond whom it asks and what.
public struct CallOptions: Sendable {
    /// Whether it survives the death of an orchestrator.
    public var delivery: Delivery
    /// Of a durable call: the same id is the same request, also from another process. Nil: a new
    /// one.
    public var id: String?
    /// 0 (ordinary) to 9: what waits for a worker with a higher one is done first.
    public var priority: Int
    /// Sent along to the handler, which finds them in ``TaskContext/headers``.
    public var headers: [String: String]
    /// The session it belongs to: its agents find what was asked and answered in it before. An id
    /// of 1 to 64 characters of `[a-z0-9._-]`; nobody has to open it.
    public var session: String?

    public init(
        delivery: Delivery = .durable, id: String? = nil, priority: Int = 0,
        headers: [String: String] = [:], session: String? = nil
    ) {
        self.delivery = delivery
        self.id = id
        self.priority = priority
        self.headers = headers
        self.session = session
    }

    /// Faster, and lost with a process that dies.
    public static var volatile: CallOptions { CallOptions(delivery: .volatile) }

    /// A request of this id.
    public static func id(_ id: String) -> CallOptions { CallOptions(id: id) }

    /// A request of this session.
    public static func session(_ id: String) -> CallOptions { CallOptions(session: id) }
}

extension CallOptions {
    /// The request with these options; what it says itself wins over a header of the same name.
    func applied(to request: CallRequest) throws(Fault) -> CallRequest {
        guard (0...WireLimits.priority).contains(priority) else {
            throw Fault(WireCode.range, "priority is 0 to \(WireLimits.priority)")
        }
        var request = request
        request.delivery = delivery
        request.priority = UInt32(priority)
        if let id { request.requestID = try Name.checked(id) }
        request.headers.merge(headers) { own, _ in own }
        if let session {
            try Name.check(session, "session")
            request.headers["session"] = session
        }
        return request
    }
}
