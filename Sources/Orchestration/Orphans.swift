import Bus
import Wire

/// Tasks of other orchestrators that workers have in hand, as they said last: found by the step of
/// the request they belong to. Bounded; what does not fit is asked for when it is needed.
struct Orphans {
    /// A step of a durable request.
    struct Place: Hashable {
        let request: RequestKey
        let step: UInt32
    }

    private static let limit = 100_000
    private var found: [Place: (peer: PeerID, orphan: Orphan)] = [:]
    private var places: [PeerID: [Place]] = [:]

    var count: Int { found.count }

    subscript(place: Place) -> (peer: PeerID, orphan: Orphan)? { found[place] }

    /// Takes what a worker says; what it said before is forgotten. Of two workers that have the
    /// same step the later attempt counts.
    mutating func replace(of peer: PeerID, with orphans: [Orphan]) {
        remove(of: peer)
        for orphan in orphans.prefix(Self.limit - found.count) {
            let place = orphan.place
            if let known = found[place] {
                let isNewer =
                    (orphan.number, orphan.attempt) > (known.orphan.number, known.orphan.attempt)
                guard isNewer else { continue }
                places[known.peer]?.removeAll { $0 == place }
            }
            found[place] = (peer, orphan)
            places[peer, default: []].append(place)
        }
    }

    mutating func remove(_ place: Place) {
        guard let known = found.removeValue(forKey: place) else { return }
        places[known.peer]?.removeAll { $0 == place }
    }

    mutating func remove(of peer: PeerID) {
        for place in places.removeValue(forKey: peer) ?? [] { found[place] = nil }
    }
}

extension Orphan {
    var place: Orphans.Place {
        Orphans.Place(
            request: RequestKey(scope: Peer.scope(ofTenant: tenant), id: request), step: step)
    }

    /// The fence as a number; one that is none is older than any.
    var number: UInt64 { UInt64(fence) ?? 0 }
}
