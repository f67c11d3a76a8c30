public import Telemetry

/// Turns Swift types into values. Integers stay exact; a number that is not finite is refused with
/// its path.
public struct DocumentEncoder: Sendable {
    /// Handed to the types that are encoded.
    public var userInfo: [CodingUserInfoKey: any Sendable] = [:]

    public init() {}

    public func encode(_ value: some Encodable) throws(Fault) -> Value {
        if let value = value as? Value { return value }
        let slot = EncodedSlot()
        do {
            try Encoding(slot, path: .root, userInfo: userInfo).box(value)
        } catch let fault as Fault {
            throw fault
        } catch {
            throw Fault(DocumentCode.type, "the value cannot be written", cause: error)
        }
        return slot.value()
    }
}

/// A place in the value under construction. Containers are handed out before they are filled, so
/// each place is an object of its own until the whole is read off.
private final class EncodedSlot {
    enum Content {
        case empty
        case value(Value)
        case array([EncodedSlot])
        case object([(key: String, slot: EncodedSlot)])
    }

    var content = Content.empty

    func value() -> Value {
        switch content {
        case .empty: .object([:])
        case .value(let value): value
        case .array(let slots): .array(slots.map { $0.value() })
        case .object(let slots): .object(ObjectValue(slots.lazy.map { ($0.key, $0.slot.value()) }))
        }
    }

    /// A new last element of the array this slot holds.
    func element() -> EncodedSlot {
        let slot = EncodedSlot()
        guard case .array(var slots) = content else {
            content = .array([slot])
            return slot
        }
        content = .empty
        slots.append(slot)
        content = .array(slots)
        return slot
    }

    /// The member of that name of the object this slot holds; of one written twice the last counts.
    func member(_ key: String) -> EncodedSlot {
        let slot = EncodedSlot()
        guard case .object(var slots) = content else {
            content = .object([(key, slot)])
            return slot
        }
        content = .empty
        slots.append((key, slot))
        content = .object(slots)
        return slot
    }
}

/// The encoder that types see while they are encoded: one place in the document.
private struct Encoding: Encoder, SingleValueEncodingContainer {
    let slot: EncodedSlot
    let path: CodingPath
    let context: [CodingUserInfoKey: any Sendable]

    init(_ slot: EncodedSlot, path: CodingPath, userInfo: [CodingUserInfoKey: any Sendable]) {
        self.slot = slot
        self.path = path
        self.context = userInfo
    }

    var codingPath: [any CodingKey] { path.keys }
    var userInfo: [CodingUserInfoKey: Any] { context }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        if case .empty = slot.content { slot.content = .object([]) }
        return KeyedEncodingContainer(MemberEncoding(here: self))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        if case .empty = slot.content { slot.content = .array([]) }
        return ElementEncoding(here: self)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer { self }

    func member(_ key: any CodingKey) -> Encoding {
        Encoding(
            slot.member(key.stringValue), path: .member(path, key.stringValue), userInfo: context)
    }

    func box(_ value: some Encodable) throws {
        switch value {
        case let string as String: store(.string(string))
        case let integer as Int: store(.integer(Int64(integer)))
        case let bool as Bool: store(.bool(bool))
        case let number as Double: try encode(number)
        case let value as Value: store(value)
        default: try value.encode(to: self)
        }
    }

    private func store(_ value: Value) {
        slot.content = .value(value)
    }

    private func store(_ integer: some FixedWidthInteger) throws {
        if let exact = Int64(exactly: integer) {
            store(.integer(exact))
        } else if let exact = UInt64(exactly: integer) {
            store(.unsigned(exact))
        } else {
            throw Fault(
                DocumentCode.range, "the integer \(integer) does not fit into 64 bits",
                at: path.description)
        }
    }

    func encodeNil() { store(.null) }
    func encode(_ value: Bool) { store(.bool(value)) }
    func encode(_ value: String) { store(.string(value)) }
    func encode(_ value: Float) throws { try encode(Double(value)) }
    func encode(_ value: Double) throws {
        guard value.isFinite else {
            throw Fault(
                DocumentCode.range, "the number \(value) is not finite; JSON cannot carry it",
                at: path.description)
        }
        store(.number(value))
    }
    func encode(_ value: Int) throws { try store(value) }
    func encode(_ value: Int8) throws { try store(value) }
    func encode(_ value: Int16) throws { try store(value) }
    func encode(_ value: Int32) throws { try store(value) }
    func encode(_ value: Int64) throws { try store(value) }
    func encode(_ value: Int128) throws { try store(value) }
    func encode(_ value: UInt) throws { try store(value) }
    func encode(_ value: UInt8) throws { try store(value) }
    func encode(_ value: UInt16) throws { try store(value) }
    func encode(_ value: UInt32) throws { try store(value) }
    func encode(_ value: UInt64) throws { try store(value) }
    func encode(_ value: UInt128) throws { try store(value) }
    func encode(_ value: some Encodable) throws { try box(value) }
}

/// The members of an object.
private struct MemberEncoding<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let here: Encoding

    var codingPath: [any CodingKey] { here.codingPath }

    func encodeNil(forKey key: Key) { here.member(key).encodeNil() }
    func encode(_ value: some Encodable, forKey key: Key) throws { try here.member(key).box(value) }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) -> KeyedEncodingContainer<Nested> {
        here.member(key).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        here.member(key).unkeyedContainer()
    }

    func superEncoder() -> any Encoder { here.member(DocumentKey("super")) }
    func superEncoder(forKey key: Key) -> any Encoder { here.member(key) }
}

/// The elements of an array, one after the other.
private struct ElementEncoding: UnkeyedEncodingContainer {
    let here: Encoding
    var count = 0

    init(here: Encoding) {
        self.here = here
    }

    var codingPath: [any CodingKey] { here.codingPath }

    private mutating func next() -> Encoding {
        defer { count += 1 }
        return Encoding(
            here.slot.element(), path: .element(here.path, count), userInfo: here.context)
    }

    mutating func encodeNil() { next().encodeNil() }
    mutating func encode(_ value: some Encodable) throws { try next().box(value) }

    mutating func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type
    ) -> KeyedEncodingContainer<Nested> {
        next().container(keyedBy: type)
    }

    mutating func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
        next().unkeyedContainer()
    }

    mutating func superEncoder() -> any Encoder { next() }
}
