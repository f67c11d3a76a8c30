/// The bounds of everything this module reads. Whatever exceeds one is refused with its place,
/// never cut.
public struct Limits: Sendable, Hashable {
    /// The longest text read at all.
    public var bytes: Int
    /// The deepest nesting; a lone scalar has depth 0.
    public var depth: Int {
        didSet { depth = min(depth, Limits.deepest) }
    }
    /// The most keys of one object.
    public var keys: Int
    /// The longest string or key, in bytes of UTF-8.
    public var stringBytes: Int
    /// The longest literal of a number.
    public var numberBytes: Int
    /// The most values of a document, all scalars, arrays and objects counted, aliases expanded.
    public var nodes: Int
    /// The most aliases of a YAML document.
    public var aliases: Int

    /// No nesting above this is accepted whatever is asked for: readers recurse, and a stack is
    /// finite.
    public static let deepest = 128

    public init(
        bytes: Int = 1 << 20, depth: Int = 64, keys: Int = 10_000, stringBytes: Int = 1 << 20,
        numberBytes: Int = 1024, nodes: Int = 1 << 18, aliases: Int = 0
    ) {
        self.bytes = bytes
        self.depth = min(depth, Limits.deepest)
        self.keys = keys
        self.stringBytes = stringBytes
        self.numberBytes = numberBytes
        self.nodes = nodes
        self.aliases = aliases
    }

    /// What a message may carry.
    public static let message = Limits()

    /// What a file written by a person may hold.
    public static let file = Limits(
        bytes: 256 << 10, keys: 2000, stringBytes: 256 << 10, nodes: 50_000, aliases: 100)
}
