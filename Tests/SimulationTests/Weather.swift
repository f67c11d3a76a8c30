import Reactor

/// What happens to a cluster beside its work, in parts of a hundred of all events.
struct Weather {
    let name: String
    var climate = SimulatedNetwork.Climate()
    /// A connection breaks.
    var cuts = 0
    /// A connection stands still in one direction, and what was sent comes late and at once.
    var stalls = 0
    /// A process is stopped and goes on later.
    var stops = 0
    /// The orchestrator is.
    var centerStops = 0
    /// A process is killed and another one started in its place.
    var kills = 0
    /// A call kills whoever works on it.
    var bombs = 0
    var storeIsSlow = false

    /// Whether messages come twice or in another order within one connection, which TCP never does.
    var isHostile: Bool { climate.repeated > 0 || climate.overtaking > 0 }

    static let all = [
        Weather(name: "calm"),
        Weather(name: "slow store", storeIsSlow: true),
        Weather(name: "cuts", cuts: 8),
        Weather(name: "cuts, slow store", cuts: 8, storeIsSlow: true),
        Weather(name: "stalls", stalls: 5),
        Weather(name: "stops", stops: 4),
        Weather(name: "kills", kills: 4),
        Weather(name: "kills, slow store", kills: 4, storeIsSlow: true),
        Weather(name: "bombs", bombs: 3),
        Weather(name: "storm", cuts: 3, stalls: 3, stops: 3, kills: 2, bombs: 1),
        Weather(
            name: "storm, slow store", cuts: 3, stalls: 3, stops: 2, centerStops: 1, kills: 2,
            bombs: 1, storeIsSlow: true),
        Weather(name: "hostile", climate: .init(repeated: 50, overtaking: 30), cuts: 2, kills: 1),
    ]
}
