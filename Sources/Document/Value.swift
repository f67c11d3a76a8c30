/// A JSON value that keeps what it read: integers are exact to 64 bits, members keep their order,
/// and a number that would have to be rounded to an integer is never one. The module owns what can
/// be read and written as JSON or YAML, and never what it means.
///
/// - `1.0` and `1e3` are numbers, never integers; `-0` is the number -0.0.
/// - `unsigned` holds only what `integer` cannot, 2^63 to 2^64-1; build it with `Value(_: UInt64)`.
/// - Numbers are finite. JSON knows no infinity; should one be built by hand it is written as
///   `null`.
/// - Strings are equal when their bytes are: composed and decomposed accents are two different
///   texts, as they are in every other JSON program. A string may hold U+0000; names are checked
///   where names are read.
/// - 0.0 and -0.0 are two numbers, as they are two texts.
/// - Objects are equal when they have the same members, in whatever order.
public enum Value: Sendable {
    case null
    case bool(Bool)
    case integer(Int64)
    case unsigned(UInt64)
    case number(Double)
    case string(String)
    case array([Value])
    case object(ObjectValue)

    public init(_ integer: Int) {
        self = .integer(Int64(integer))
    }

    public init(_ unsigned: UInt64) {
        self = Int64(exactly: unsigned).map(Value.integer) ?? .unsigned(unsigned)
    }
}

extension Value: Hashable {
    public static func == (left: Value, right: Value) -> Bool {
        switch (left, right) {
        case (.null, .null): true
        case (.bool(let a), .bool(let b)): a == b
        case (.integer(let a), .integer(let b)): a == b
        case (.unsigned(let a), .unsigned(let b)): a == b
        case (.integer(let a), .unsigned(let b)), (.unsigned(let b), .integer(let a)): a == b
        case (.number(let a), .number(let b)): a.bitPattern == b.bitPattern || (a.isNaN && b.isNaN)
        case (.string(let a), .string(let b)): ExactText.same(a, b)
        case (.array(let a), .array(let b)): a == b
        case (.object(let a), .object(let b)): a == b
        default: false
        }
    }

    public func hash(into hasher: inout Hasher) {
        switch self {
        case .null: hasher.combine(0)
        case .bool(let bool): hasher.combine(bool)
        case .integer(let integer): hasher.combine(integer)
        case .unsigned(let unsigned):
            if let integer = Int64(exactly: unsigned) {
                hasher.combine(integer)
            } else {
                hasher.combine(unsigned)
            }
        case .number(let number): hasher.combine(number.isNaN ? .infinity : number)
        case .string(let string): ExactText(string).hash(into: &hasher)
        case .array(let array): hasher.combine(array)
        case .object(let object): hasher.combine(object)
        }
    }
}
