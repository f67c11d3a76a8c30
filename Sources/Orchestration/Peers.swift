import Bus
import Reactor
import Telemetry
import Wire

/// One process that talks to this orchestrator, and when it was last heard.
struct Peer {
    let id: PeerID
    let name: String
    let identity: Identity
    /// The scope of its durable request ids: that of its tenant.
    let tenantScope: UInt64
    var role = Hello.Role.client
    /// Empty until HELLO: clients may do without it, workers may not.
    var session = ""
    var worker: Int?
    /// The volatile requests it waits for.
    var asked = SlotList()
    var heard: Instant
    var pinged: Instant?
    /// Since when its connection is closed.
    var absent: Instant?
    /// Whether its connection may have closed because this process stood still: then only its death
    /// is a reason to do its steps again.
    var isExcused = false
    /// Whether the pure and idempotent steps it held were given to others.
    var replaced = false
    /// When its name last changed hands while it was connected, and how often in a row.
    var takenOver: Instant?
    var takeovers = 0
    /// Messages of it that could not be read.
    var faults = 0
    /// Warnings it was given in a row, and when the last one was.
    var warnings = 0
    var warned = Instant.zero

    init(id: PeerID, name: String, identity: Identity, heard: Instant) {
        self.id = id
        self.name = name
        self.identity = identity
        self.heard = heard
        tenantScope = Self.scope(ofTenant: identity.tenant)
    }

    static func scope(ofTenant tenant: String) -> UInt64 {
        UInt64(bitPattern: Int64(tenant.hashValue)) | 1
    }

    /// The scope of its volatile request ids: itself.
    var ownScope: UInt64 { UInt64(id.generation) << 32 | UInt64(id.index) << 1 }
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
            return mayBeReplaced && now - absent >= delays.absence ? .replace : .none
        }
        return now - max(heard, pinged ?? heard) >= delays.ping ? .ask : .none
    }

    private var mayBeReplaced: Bool { !replaced && !isExcused && worker != nil }

    /// When its silence will mean something else, should it last.
    func nextLook(_ delays: Delays) -> Instant {
        let death = heard + delays.dead
        guard let absent else { return min(death, max(heard, pinged ?? heard) + delays.ping) }
        return mayBeReplaced ? min(death, absent + delays.absence) : death
    }
}

/// The peers by number; a number that was given up never names its old owner again.
///
/// Each peer is looked at when its silence could mean something, not in every round: traffic only
/// notes its moment.
struct Peers {
    private var table: [Peer?] = []
    private var looks = DeadlineWheel()
    private(set) var count = 0

    /// The peer, to be read or changed in place; nil once it is gone.
    subscript(id: PeerID) -> Peer? {
        _read {
            if let index = index(of: id) { yield table[index] } else { yield nil }
        }
        _modify {
            var nobody: Peer?
            if let index = index(of: id) { yield &table[index] } else { yield &nobody }
        }
    }

    // What every message asks is answered without copying the peer.

    func contains(_ id: PeerID) -> Bool { index(of: id) != nil }

    func isAbsent(_ id: PeerID) -> Bool {
        index(of: id).map { table[$0]?.absent != nil } ?? false
    }

    func worker(of id: PeerID) -> Int? {
        guard let index = index(of: id) else { return nil }
        return table[index]?.worker
    }

    func name(of id: PeerID) -> String? {
        guard let index = index(of: id) else { return nil }
        return table[index]?.name
    }

    func tenant(of id: PeerID) -> String? {
        guard let index = index(of: id) else { return nil }
        return table[index]?.identity.tenant
    }

    /// Notes that the peer was heard. One that is absent is not, before it has returned as it
    /// should.
    mutating func heard(_ id: PeerID, at now: Instant) {
        guard let index = index(of: id), table[index]?.absent == nil else { return }
        table[index]?.heard = now
        table[index]?.pinged = nil
    }

    mutating func add(_ peer: Peer, _ delays: Delays) {
        let index = Int(peer.id.index)
        while table.count <= index { table.append(nil) }
        if table[index] == nil { count += 1 }
        table[index] = peer
        looks.set(index, due: peer.nextLook(delays))
    }

    mutating func remove(_ id: PeerID) {
        guard let index = index(of: id) else { return }
        table[index] = nil
        looks.remove(index)
        count -= 1
    }

    /// Takes everybody for heard: what they said meanwhile is still to be read.
    mutating func forgive(at now: Instant, _ delays: Delays) {
        for index in table.indices {
            guard let peer = table[index] else { continue }
            table[index]?.heard = max(peer.heard, now)
            lookAgain(peer.id, delays)
        }
    }

    /// Looks at the peer again when its silence could mean something: after it was looked at, or
    /// its connection closed.
    mutating func lookAgain(_ id: PeerID, _ delays: Delays) {
        guard let index = index(of: id), let peer = table[index] else { return }
        looks.set(index, due: peer.nextLook(delays))
    }

    var all: some Sequence<Peer> { table.lazy.compactMap(\.self) }

    /// Each peer whose silence asks for something; the caller has each of them looked at again.
    mutating func silent(at now: Instant, _ delays: Delays) -> [(PeerID, Silence)] {
        var found: [(PeerID, Silence)] = []
        for index in looks.takeDue(by: now) {
            guard let peer = table[index] else { continue }
            let silence = peer.silence(at: now, delays)
            if silence == .none {
                looks.set(index, due: peer.nextLook(delays))
            } else {
                found.append((peer.id, silence))
            }
        }
        return found
    }

    private func index(of id: PeerID) -> Int? {
        let index = Int(id.index)
        guard index < table.count, table[index]?.id.generation == id.generation else { return nil }
        return index
    }
}
