/// The peers of a server by routing id, by number and by the descriptor of their connection.
struct PeerTable {
    private struct Entry {
        let id: PeerID
        let name: String
        /// The name of its key, as C text.
        let owner: [CChar]
        var descriptor: Int32
    }

    private var entries: [Entry?] = []
    private var free: [UInt32] = []
    private var generation: UInt32 = 0
    /// Stands for a connection that is closed, so that the next message is seen to come over
    /// another one.
    private static let closed: Int32 = -1
    private var numbers: [String: Int] = [:]
    private var connections: [Int32: Set<PeerID>] = [:]

    func name(_ peer: PeerID) -> String? { entry(peer)?.name }

    func descriptor(_ peer: PeerID) -> Int32? { entry(peer)?.descriptor }

    /// The peer with these bytes as its routing id, and the name of the key it came with.
    func find(_ routingID: RawSpan) -> (PeerID, owner: [CChar])? {
        let name = unsafe routingID.withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) }
        guard let number = numbers[name], let entry = entries[number] else { return nil }
        return (entry.id, entry.owner)
    }

    mutating func add(_ name: String, owner: String, descriptor: Int32) -> PeerID {
        let index = free.popLast() ?? UInt32(entries.count)
        generation &+= 1
        let id = PeerID(index: index, generation: generation)
        let owner = owner.utf8CString.map(\.self)
        let entry = Entry(id: id, name: name, owner: owner, descriptor: descriptor)
        if Int(index) == entries.count {
            entries.append(entry)
        } else {
            entries[Int(index)] = entry
        }
        numbers[name] = Int(index)
        connections[descriptor, default: []].insert(id)
        return id
    }

    mutating func remove(_ peer: PeerID) {
        guard let entry = entry(peer) else { return }
        numbers[entry.name] = nil
        leave(entry)
        entries[Int(peer.index)] = nil
        free.append(peer.index)
    }

    /// Notes which connection the peer speaks over now, and says whether that ends one that was
    /// open.
    mutating func connect(_ peer: PeerID, _ descriptor: Int32) -> Bool {
        guard let entry = entry(peer), entry.descriptor != descriptor else { return false }
        leave(entry)
        connections[descriptor, default: []].insert(peer)
        entries[Int(peer.index)]?.descriptor = descriptor
        return entry.descriptor != Self.closed
    }

    /// The peers whose connection this was.
    mutating func disconnect(_ descriptor: Int32) -> Set<PeerID> {
        let peers = connections.removeValue(forKey: descriptor) ?? []
        for peer in peers { entries[Int(peer.index)]?.descriptor = Self.closed }
        return peers
    }

    private mutating func leave(_ entry: Entry) {
        connections[entry.descriptor]?.remove(entry.id)
        if connections[entry.descriptor]?.isEmpty == true { connections[entry.descriptor] = nil }
    }

    private func entry(_ peer: PeerID) -> Entry? {
        guard Int(peer.index) < entries.count, let entry = entries[Int(peer.index)],
            entry.id == peer
        else { return nil }
        return entry
    }
}
