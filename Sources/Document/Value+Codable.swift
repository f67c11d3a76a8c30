/// A value within a Codable type: `var parameters: Value` takes and gives whatever stands there.
extension Value: Codable {
    /// The module's own decoder hands over the value itself; any other is asked for each type in
    /// turn.
    public init(from decoder: any Decoder) throws {
        if let own = decoder as? Decoding {
            self = try own.input.value()
            return
        }
        let scalar = try decoder.singleValueContainer()
        if scalar.decodeNil() {
            self = .null
        } else if let bool = try? scalar.decode(Bool.self) {
            self = .bool(bool)
        } else if let integer = try? scalar.decode(Int64.self) {
            self = .integer(integer)
        } else if let unsigned = try? scalar.decode(UInt64.self) {
            self = .unsigned(unsigned)
        } else if let number = try? scalar.decode(Double.self) {
            self = .number(number)
        } else if let string = try? scalar.decode(String.self) {
            self = .string(string)
        } else if let array = try? scalar.decode([Value].self) {
            self = .array(array)
        } else {
            let members = try scalar.decode([String: Value].self)
            self = .object(ObjectValue(members.sorted { $0.key < $1.key }))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        if case .object(let object) = self {
            var container = encoder.container(keyedBy: DocumentKey.self)
            for (key, value) in object { try container.encode(value, forKey: DocumentKey(key)) }
            return
        }
        var container = encoder.singleValueContainer()
        switch self {
        case .null, .object: try container.encodeNil()
        case .bool(let bool): try container.encode(bool)
        case .integer(let integer): try container.encode(integer)
        case .unsigned(let unsigned): try container.encode(unsigned)
        case .number(let number): try container.encode(number)
        case .string(let string): try container.encode(string)
        case .array(let array): try container.encode(array)
        }
    }
}
