import CHiredis

/// Copying what the library has read. Types, lengths and numbers come from outside: they are
/// checked, and what is too deep or too much gives nothing.
extension RedisReply {
    enum Limits {
        static let depth = 8
        static let elements = 1 << 20
    }

    /// Reads a `redisReply`, which stays the library's.
    init?(reading reply: UnsafeMutableRawPointer) {
        var room = Limits.elements
        let reply = unsafe reply.assumingMemoryBound(to: redisReply.self)
        guard let copy = unsafe RedisReply.copy(reply, depth: 0, room: &room) else { return nil }
        self = copy
    }

    private static func copy(
        _ reply: UnsafeMutablePointer<redisReply>, depth: Int, room: inout Int
    ) -> RedisReply? {
        let value = unsafe reply.pointee
        switch unsafe value.type {
        case REDIS_REPLY_NIL: return .null
        case REDIS_REPLY_INTEGER: return unsafe .integer(value.integer)
        case REDIS_REPLY_STRING: return unsafe bytes(value).map { .bytes($0) }
        case REDIS_REPLY_STATUS: return unsafe text(value).map { .status($0) }
        case REDIS_REPLY_ERROR: return unsafe text(value).map { .error($0) }
        case REDIS_REPLY_ARRAY: return unsafe array(value, depth: depth + 1, room: &room)
        default: return nil
        }
    }

    private static func bytes(_ value: redisReply) -> [UInt8]? {
        guard unsafe value.len > 0 else { return [] }
        guard let start = unsafe value.str else { return nil }
        return unsafe [UInt8](UnsafeRawBufferPointer(start: start, count: value.len))
    }

    private static func text(_ value: redisReply) -> String? {
        guard unsafe value.len > 0 else { return "" }
        guard let start = unsafe value.str else { return nil }
        let bytes = unsafe UnsafeRawBufferPointer(start: start, count: value.len)
        return unsafe String(decoding: bytes, as: UTF8.self)
    }

    private static func array(_ value: redisReply, depth: Int, room: inout Int) -> RedisReply? {
        let count = unsafe value.elements
        guard depth <= Limits.depth, count <= room else { return nil }
        room -= count
        guard count > 0 else { return .array([]) }
        guard let start = unsafe value.element else { return nil }
        var replies: [RedisReply] = []
        replies.reserveCapacity(count)
        for place in 0..<count {
            guard let element = unsafe start[place],
                let reply = unsafe copy(element, depth: depth, room: &room)
            else { return nil }
            replies.append(reply)
        }
        return .array(replies)
    }
}
