import Bus
import Reactor
import Telemetry
import Wire

/// One process that talks to this orchestrator, and when it was last heard.
struct Peer {
    let id: PeerID
    let name: String
    var identity: Identity
    var role = Hello.Role.client
    /// Empty until HELLO: clients may do without it, workers may not.
    var session = ""
    var worker: Int?
    var heard: Instant
    var pinged: Instant?
    /// Since when its connection is closed.
    var absent: Instant?
    /// Whether the pure and idempotent steps it held were given to others.
    var replaced = false
    /// When its name last changed hands while it was connected, and how often in a row.
    var takenOver = Instant.zero
    var takeovers = 0
    var faults = 0
}

/// What is to be done about one peer's silence.
enum Silence: Equatable {
    case none
    /// Ask whether it is there.
    case ask
    /// Its connection is gone and did not come back at once: give its repeatable steps to others.
    case replace
    case dead
}

extension Peer {
    /// Decides what its silence means by now.
    func silence(at now: Instant, _ delays: Delays) -> Silence {
        if now - heard >= delays.dead { return .dead }
        if let absent {
            return !replaced && worker != nil && now - absent >= delays.absence ? .replace : .none
        }
        guard now - heard >= delays.ping else { return .none }
        if let pinged, now - pinged < delays.ping { return .none }
        return .ask
    }
}

/// The peers by number; a number that was given up never names its old owner again.
struct Peers {
    private var table: [Peer?] = []
    private(set) var count = 0

    subscript(id: PeerID) -> Peer? {
        get {
            let index = Int(id.index)
            guard index < table.count, let peer = table[index], peer.id == id else { return nil }
            return peer
        }
    }

    /// Changes a peer in place; nothing happens to one that is gone.
    mutating func with(_ id: PeerID, _ body: (inout Peer) -> Void) {
        let index = Int(id.index)
        guard index < table.count, table[index]?.id == id else { return }
        body(&table[index]!)  // SAFETY: the line above saw this entry; nothing between can take it away.
    }

    /// Notes that the peer was heard, and says whether its connection was known to be there.
    mutating func heard(_ id: PeerID, at now: Instant) -> Bool {
        let index = Int(id.index)
        guard index < table.count, table[index]?.id == id else { return false }
        table[index]?.heard = now
        table[index]?.pinged = nil
        return table[index]?.absent == nil
    }

    mutating func add(_ peer: Peer) {
        let index = Int(peer.id.index)
        while table.count <= index { table.append(nil) }
        if table[index] == nil { count += 1 }
        table[index] = peer
    }

    mutating func remove(_ id: PeerID) {
        guard self[id] != nil else { return }
        table[Int(id.index)] = nil
        count -= 1
    }

    var all: [Peer] { table.compactMap(\.self) }

    /// Each peer whose silence asks for something.
    func silent(at now: Instant, _ delays: Delays) -> [(PeerID, Silence)] {
        var found: [(PeerID, Silence)] = []
        for case let peer? in table {
            let silence = peer.silence(at: now, delays)
            if silence != .none { found.append((peer.id, silence)) }
        }
        return found
    }
}
