/// The members of an object in the order they were written, each name once.
///
/// Few members are searched one by one, which is faster than any table; from `indexed` members on a
/// table of names is kept beside them. The table must never disagree with the members.
public struct ObjectValue: Sendable {
    public typealias Member = (key: String, value: Value)

    private static let indexed = 17

    private var members: [Member] = []
    private var index: [ExactText: Int]?

    public init() {}

    /// Of a name that occurs twice the last value counts.
    public init(_ members: some Sequence<Member>) {
        for (key, value) in members { self[key] = value }
    }

    public var keys: [String] { members.map(\.key) }

    /// Where the members lie: another place after writing means that they were copied.
    package var place: Int {
        // SAFETY: only the address is used, as a number.
        unsafe members.withUnsafeBufferPointer { Int(bitPattern: $0.baseAddress) }
    }

    /// Reads, replaces, appends or, by nil, removes a member.
    public subscript(key: String) -> Value? {
        get { position(of: key).map { members[$0].value } }
        set {
            switch (position(of: key), newValue) {
            case (let position?, let value?): members[position].value = value
            case (let position?, nil): remove(at: position)
            case (nil, let value?): add(key, value)
            case (nil, nil): break
            }
        }
    }

    /// Appends a member and says whether its name was new; a name that was there keeps its value.
    @inline(__always)
    mutating func append(_ key: String, _ value: Value) -> Bool {
        guard position(of: key) == nil else { return false }
        add(key, value)
        return true
    }

    private func position(of key: String) -> Int? {
        if let index { return index[ExactText(key)] }
        for position in members.indices where ExactText.same(members[position].key, key) {
            return position
        }
        return nil
    }

    private mutating func add(_ key: String, _ value: Value) {
        members.append((key, value))
        if index != nil {
            index?[ExactText(key)] = members.count - 1
        } else if members.count >= ObjectValue.indexed {
            rebuild()
        }
    }

    private mutating func remove(at position: Int) {
        members.remove(at: position)
        if index != nil { rebuild() }
    }

    private mutating func rebuild() {
        guard members.count >= ObjectValue.indexed else {
            index = nil
            return
        }
        var fresh = [ExactText: Int](minimumCapacity: members.count * 2)
        for position in members.indices { fresh[ExactText(members[position].key)] = position }
        index = fresh
    }
}

extension ObjectValue: RandomAccessCollection {
    public var startIndex: Int { 0 }
    public var endIndex: Int { members.count }
    public subscript(position: Int) -> Member { members[position] }
}

extension ObjectValue: Hashable {
    public static func == (left: ObjectValue, right: ObjectValue) -> Bool {
        guard left.count == right.count else { return false }
        return left.members.indices.allSatisfy { position in
            let (key, value) = left.members[position]
            // Most equal objects also have the same order, and then nothing is searched.
            let twin = right.members[position]
            if ExactText.same(twin.key, key) { return twin.value == value }
            return right[key] == value
        }
    }

    public func hash(into hasher: inout Hasher) {
        var sum = 0
        for (key, value) in members {
            var member = Hasher()
            ExactText(key).hash(into: &member)
            value.hash(into: &member)
            sum &+= member.finalize()
        }
        hasher.combine(members.count)
        hasher.combine(sum)
    }
}

extension ObjectValue: ExpressibleByDictionaryLiteral {
    public init(dictionaryLiteral elements: (String, Value)...) {
        self.init(elements.lazy.map { ($0.0, $0.1) })
    }
}
