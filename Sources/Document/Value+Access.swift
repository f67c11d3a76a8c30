/// Reading a value by type, key and position, and writing one as a literal. Every accessor answers
/// nil where the value is something else; none converts.
extension Value {
    public var isNull: Bool { if case .null = self { true } else { false } }

    public var bool: Bool? { if case .bool(let bool) = self { bool } else { nil } }

    /// The exact integer; nil for numbers, also for 1.0, and above `Int.max`.
    public var integer: Int? { if case .integer(let integer) = self { Int(integer) } else { nil } }

    /// Any integer that is not negative.
    public var unsigned: UInt64? {
        switch self {
        case .integer(let integer): UInt64(exactly: integer)
        case .unsigned(let unsigned): unsigned
        default: nil
        }
    }

    /// A number or an integer as a `Double`; integers above 2^53 come as the nearest one.
    public var number: Double? {
        switch self {
        case .integer(let integer): Double(integer)
        case .unsigned(let unsigned): Double(unsigned)
        case .number(let number): number
        default: nil
        }
    }

    public var string: String? { if case .string(let string) = self { string } else { nil } }

    public var array: [Value]? { if case .array(let array) = self { array } else { nil } }

    public var object: ObjectValue? { if case .object(let object) = self { object } else { nil } }

    /// The member of an object, nil for what has none.
    public subscript(key: String) -> Value? {
        if case .object(let object) = self { object[key] } else { nil }
    }

    /// The element of an array, nil outside its bounds.
    public subscript(position: Int) -> Value? {
        guard case .array(let array) = self, array.indices.contains(position) else { return nil }
        return array[position]
    }
}

extension Value: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByFloatLiteral, ExpressibleByStringInterpolation, ExpressibleByArrayLiteral,
    ExpressibleByDictionaryLiteral
{
    public init(nilLiteral: ()) { self = .null }
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    public init(integerLiteral value: Int64) { self = .integer(value) }
    public init(floatLiteral value: Double) { self = .number(value) }
    public init(stringLiteral value: String) { self = .string(value) }
    public init(arrayLiteral elements: Value...) { self = .array(elements) }

    public init(dictionaryLiteral elements: (String, Value)...) {
        self = .object(ObjectValue(elements.lazy.map { ($0.0, $0.1) }))
    }
}

extension Value: CustomStringConvertible {
    /// The value as JSON on one line.
    public var description: String { JSON.text(self) }
}

extension Value {
    /// What a message calls this value: `text "5"`, `the integer 7`, `an object`.
    var described: String {
        switch self {
        case .null: "null"
        case .bool(let bool): bool ? "true" : "false"
        case .integer, .unsigned: "the integer \(self)"
        case .number: "the number \(self)"
        case .string(let string): "text \(Excerpt.quoted(string))"
        case .array: "an array"
        case .object: "an object"
        }
    }
}
