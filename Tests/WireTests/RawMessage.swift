/// Writes protobuf by hand, also what no honest writer would write.
struct RawMessage {
    private(set) var bytes: [UInt8] = []

    /// A message that begins as every valid one does.
    static func valid(type: UInt64 = 1) -> RawMessage {
        RawMessage().number(1, 1).number(2, type)
    }

    func raw(_ more: [UInt8]) -> RawMessage {
        var copy = self
        copy.bytes += more
        return copy
    }

    func varint(_ value: UInt64) -> RawMessage {
        var more: [UInt8] = []
        var rest = value
        while rest >= 0x80 {
            more.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        return raw(more + [UInt8(rest)])
    }

    func tag(_ field: UInt64, _ kind: UInt64) -> RawMessage { varint(field << 3 | kind) }

    func number(_ field: UInt64, _ value: UInt64) -> RawMessage { tag(field, 0).varint(value) }

    func piece(_ field: UInt64, _ bytes: [UInt8]) -> RawMessage {
        tag(field, 2).varint(UInt64(bytes.count)).raw(bytes)
    }

    func text(_ field: UInt64, _ text: String) -> RawMessage { piece(field, Array(text.utf8)) }
}
