import Telemetry

/// The decoder that types see while they are decoded: one place in the document.
struct Decoding: Decoder, SingleValueDecodingContainer {
    let input: DecoderInput
    let path: CodingPath
    let context: [CodingUserInfoKey: any Sendable]

    init(_ input: DecoderInput, path: CodingPath, userInfo: [CodingUserInfoKey: any Sendable]) {
        self.input = input
        self.path = path
        self.context = userInfo
    }

    var codingPath: [any CodingKey] { path.keys }
    var userInfo: [CodingUserInfoKey: Any] { context }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        try input.requireObject(path)
        return KeyedDecodingContainer(MemberDecoding(here: self))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        ElementDecoding(here: self, elements: try input.elements(path))
    }

    func singleValueContainer() -> any SingleValueDecodingContainer { self }

    func member(_ key: any CodingKey) throws(Fault) -> Decoding {
        let path = CodingPath.member(path, key.stringValue)
        guard let member = input.member(key.stringValue) else {
            throw input.fault(
                .missing, path, "the field \(Excerpt.quoted(key.stringValue)) is missing")
        }
        return Decoding(member, path: path, userInfo: context)
    }

    /// Reads a type; scalars and values are read here, everything else reads itself.
    func unbox<T: Decodable>(_ type: T.Type) throws -> T {
        let scalar: (any Decodable)? =
            if type == String.self {
                try input.string(path)
            } else if type == Int.self {
                try input.integer(path) as Int
            } else if type == Bool.self {
                try input.bool(path)
            } else if type == Double.self {
                try input.number(path)
            } else if type == Value.self {
                try input.value()
            } else {
                nil
            }
        if let scalar, let value = scalar as? T { return value }
        return try T(from: self)
    }

    func decodeNil() -> Bool { input.isNull }
    func decode(_ type: Bool.Type) throws -> Bool { try input.bool(path) }
    func decode(_ type: String.Type) throws -> String { try input.string(path) }
    func decode(_ type: Double.Type) throws -> Double { try input.number(path) }
    func decode(_ type: Float.Type) throws -> Float {
        let number = try input.number(path)
        let float = Float(number)
        guard float.isFinite == number.isFinite else {
            throw input.fault(.range, path, "the number \(number) is beyond a 32-bit float")
        }
        return float
    }
    func decode(_ type: Int.Type) throws -> Int { try input.integer(path) }
    func decode(_ type: Int8.Type) throws -> Int8 { try input.integer(path) }
    func decode(_ type: Int16.Type) throws -> Int16 { try input.integer(path) }
    func decode(_ type: Int32.Type) throws -> Int32 { try input.integer(path) }
    func decode(_ type: Int64.Type) throws -> Int64 { try input.integer(path) }
    func decode(_ type: Int128.Type) throws -> Int128 { try input.integer(path) }
    func decode(_ type: UInt.Type) throws -> UInt { try input.integer(path) }
    func decode(_ type: UInt8.Type) throws -> UInt8 { try input.integer(path) }
    func decode(_ type: UInt16.Type) throws -> UInt16 { try input.integer(path) }
    func decode(_ type: UInt32.Type) throws -> UInt32 { try input.integer(path) }
    func decode(_ type: UInt64.Type) throws -> UInt64 { try input.integer(path) }
    func decode(_ type: UInt128.Type) throws -> UInt128 { try input.integer(path) }
    func decode<T: Decodable>(_ type: T.Type) throws -> T { try unbox(type) }
}

/// The members of an object.
private struct MemberDecoding<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let here: Decoding

    var codingPath: [any CodingKey] { here.codingPath }
    var allKeys: [Key] {
        ((try? here.input.names(here.path)) ?? []).compactMap(Key.init(stringValue:))
    }

    func contains(_ key: Key) -> Bool { here.input.member(key.stringValue) != nil }
    func decodeNil(forKey key: Key) throws -> Bool { try here.member(key).input.isNull }
    func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T {
        try here.member(key).unbox(type)
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<Nested> {
        try here.member(key).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try here.member(key).unkeyedContainer()
    }

    func superDecoder() throws -> any Decoder { try here.member(DocumentKey("super")) }
    func superDecoder(forKey key: Key) throws -> any Decoder { try here.member(key) }
}

/// The elements of an array, one after the other.
private struct ElementDecoding: UnkeyedDecodingContainer {
    let here: Decoding
    let elements: [DecoderInput]
    var currentIndex = 0

    init(here: Decoding, elements: [DecoderInput]) {
        self.here = here
        self.elements = elements
    }

    var codingPath: [any CodingKey] { here.codingPath }
    var count: Int? { elements.count }
    var isAtEnd: Bool { currentIndex >= elements.count }

    /// The element in turn, which counts as read only after it was read.
    private func current() throws(Fault) -> Decoding {
        let path = CodingPath.element(here.path, currentIndex)
        guard !isAtEnd else {
            throw here.input.fault(.missing, path, "the array has only \(elements.count) elements")
        }
        return Decoding(elements[currentIndex], path: path, userInfo: here.context)
    }

    mutating func decodeNil() throws -> Bool {
        guard try current().input.isNull else { return false }
        currentIndex += 1
        return true
    }

    mutating func decode<T: Decodable>(_ type: T.Type) throws -> T {
        let element = try current().unbox(type)
        currentIndex += 1
        return element
    }

    mutating func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type
    ) throws -> KeyedDecodingContainer<Nested> {
        let container = try current().container(keyedBy: type)
        currentIndex += 1
        return container
    }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
        let container = try current().unkeyedContainer()
        currentIndex += 1
        return container
    }

    mutating func superDecoder() throws -> any Decoder {
        let element = try current()
        currentIndex += 1
        return element
    }
}
