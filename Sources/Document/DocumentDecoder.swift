public import Telemetry

/// Turns values into Swift types without converting anything: text is never a number, 1.0 never an
/// integer. Faults carry the path of what is wrong: `agents[2].capacity: expected an integer, found
/// text "5"`.
public struct DocumentDecoder: Sendable {
    /// Handed to the types that are decoded.
    public var userInfo: [CodingUserInfoKey: any Sendable] = [:]

    public init() {}

    public func decode<T: Decodable>(_ type: T.Type = T.self, from value: Value) throws(Fault) -> T
    {
        try decode(type, from: .value(value))
    }

    /// Scalars of a configuration file are read as what is asked for: `1.10` is text where text is
    /// wanted.
    package func decode<T: Decodable>(_ type: T.Type = T.self, from node: Node) throws(Fault) -> T {
        try decode(type, from: .node(node))
    }

    private func decode<T: Decodable>(_ type: T.Type, from input: DecoderInput) throws(Fault) -> T {
        do {
            return try Decoding(input, path: .root, userInfo: userInfo).unbox(type)
        } catch let fault as Fault {
            throw fault
        } catch let error as DecodingError {
            throw Fault(error, input)
        } catch {
            throw Fault(
                DocumentCode.type, "the value cannot be read as \(T.self)", cause: error)
        }
    }
}

extension Fault {
    /// Standard types, such as enumerations with raw values, report by `DecodingError`.
    fileprivate init(_ error: DecodingError, _ input: DecoderInput) {
        let (context, code): (DecodingError.Context, DocumentCode) =
            switch error {
            case .typeMismatch(_, let context), .valueNotFound(_, let context): (context, .type)
            case .keyNotFound(_, let context): (context, .missing)
            case .dataCorrupted(let context): (context, .range)
            @unknown default:
                (.init(codingPath: [], debugDescription: "the value cannot be read"), .type)
            }
        let path = CodingPath(context.codingPath)
        self = input.descend(path).fault(code, path, Excerpt.plain(context.debugDescription))
    }
}

/// Where the decoder stands: the members and positions that lead there.
indirect enum CodingPath: Sendable, CustomStringConvertible {
    case root
    case member(CodingPath, String)
    case element(CodingPath, Int)

    init(_ keys: [any CodingKey]) {
        self = keys.reduce(.root) { path, key in
            key.intValue.map { .element(path, $0) } ?? .member(path, key.stringValue)
        }
    }

    var keys: [any CodingKey] {
        switch self {
        case .root: []
        case .member(let path, let name): path.keys + [DocumentKey(name)]
        case .element(let path, let position): path.keys + [DocumentKey(position)]
        }
    }

    /// Whether a name can stand in a path as it is; names come from outside and may be anything.
    private static func plain(_ name: String) -> Bool {
        (1...64).contains(name.utf8.count)
            && name.utf8.allSatisfy {
                Digit.alphanumeric($0) || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-")
            }
    }

    var description: String {
        switch self {
        case .root: ""
        case .member(let path, let name) where !CodingPath.plain(name):
            "\(path)[\(Excerpt.quoted(name))]"
        case .member(.root, let name): name
        case .member(let path, let name): "\(path).\(name)"
        case .element(let path, let position): "\(path)[\(position)]"
        }
    }
}

/// A key of either kind.
struct DocumentKey: CodingKey {
    let stringValue: String
    let intValue: Int?

    init(_ name: String) { (stringValue, intValue) = (name, nil) }
    init(_ position: Int) { (stringValue, intValue) = ("\(position)", position) }
    init?(stringValue: String) { self.init(stringValue) }
    init?(intValue: Int) { self.init(intValue) }
}
