import Telemetry

/// Where the master is by what Sentinels say, without any input or output: whom to ask next, which
/// answer counts, and when to ask again. Who answers goes to the front; an answer older than one
/// that was used already never counts.
struct SentinelWatch {
    /// A master, and the number of the failover that made it one.
    struct Master: Equatable, Sendable {
        var host: RedisEndpoint.Host
        var epoch: UInt64
    }

    enum Event: Equatable {
        /// Somebody must know where the master is.
        case wanted
        /// There is reason to think that it is another one now; no more than that.
        case hinted
        case answered(Master)
        /// Who was asked knows no master of the name.
        case unknown
        /// Who was asked wants another password.
        case forbidden(String)
        /// Who was asked said nothing of use in time.
        case silent(String)
        /// Nobody tells hints any more.
        case deaf
        case rested
    }

    enum Action {
        case ask(RedisEndpoint.Host)
        case found(Master)
        /// Nobody knows for now.
        case failed(String)
        /// Nobody will know before a person mends something.
        case refused(Fault)
        case rest(Duration)
    }

    static let shortest = Duration.milliseconds(100)
    static let longest = Duration.seconds(2)

    private let name: String
    private(set) var order: [RedisEndpoint.Host]
    /// The latest that was used.
    private(set) var master: Master?
    private var asked: Int?
    private var complaints: [String] = []
    private var isUnknown = 0
    private var isForbidden = 0
    private var isAgain = false
    private var failures = 0

    init(_ sentinels: [RedisEndpoint.Host], master name: String) {
        (order, self.name) = (sentinels, name)
    }

    /// - Parameter chance: from 0 to 1, drawn anew each time.
    mutating func event(_ event: Event, chance: Double) -> [Action] {
        switch event {
        case .wanted, .rested: return asked == nil ? begin() : []
        case .hinted:
            guard asked != nil else { return begin() }
            isAgain = true
            return []
        case .deaf: return [.rest(Self.longest * chance)]
        case .answered(let master): return answered(master, chance)
        case .unknown:
            guard asked != nil else { return [] }
            isUnknown += 1
            return next("knows no master \(name)", chance)
        case .forbidden(let error):
            guard asked != nil else { return [] }
            isForbidden += 1
            return next(error, chance)
        case .silent(let reason): return next(reason, chance)
        }
    }

    private mutating func begin() -> [Action] {
        (asked, complaints, isUnknown, isForbidden, isAgain) = (0, [], 0, 0, false)
        return order.first.map { [.ask($0)] } ?? []
    }

    private mutating func answered(_ found: Master, _ chance: Double) -> [Action] {
        guard let place = asked, order.indices.contains(place) else { return [] }
        guard found.host.isNumeric else {
            return next(
                "names its master \(found.host.name), and only numeric addresses are used: set "
                    + "sentinel announce-hostnames no", chance)
        }
        if let master, found.epoch < master.epoch {
            return next("still names the master of failover \(found.epoch)", chance)
        }
        order.insert(order.remove(at: place), at: 0)
        (asked, master, failures) = (nil, found, 0)
        return [.found(found)] + (isAgain ? begin() : [])
    }

    private mutating func next(_ complaint: String, _ chance: Double) -> [Action] {
        guard let place = asked, order.indices.contains(place) else { return [] }
        complaints.append("\(order[place]): \(complaint)")
        guard place + 1 < order.count else { return failed(chance) }
        asked = place + 1
        return [.ask(order[place + 1])]
    }

    private mutating func failed(_ chance: Double) -> [Action] {
        asked = nil
        var ceiling = Self.shortest
        for _ in 0..<min(failures, 30) where ceiling < Self.longest { ceiling = ceiling * 2 }
        failures += 1
        let rest = Action.rest(min(ceiling, Self.longest) * chance)
        return [verdict, rest]
    }

    private var verdict: Action {
        let text = complaints.joined(separator: "; ")
        if isUnknown == order.count {
            return .refused(
                Fault(
                    StoreCode.address,
                    "no Sentinel knows a master \(name): give the name that stands after sentinel "
                        + "monitor in their configuration (\(text))"))
        }
        if isForbidden == order.count {
            return .refused(
                Fault(
                    StoreCode.forbidden,
                    "no Sentinel takes the password, which is the one of Redis: set requirepass of "
                        + "the Sentinels to it (\(text))"))
        }
        return .failed("no Sentinel says where the master is: \(text)")
    }
}
