import Bus
import Reactor

/// Workers as they are seen from here, and the verbs by which they change. Whatever makes a worker
/// take tasks again opens the places that were found closed because of it.
extension Registry {
    /// A worker process, as this orchestrator knows it.
    struct Worker {
        var peer: PeerID
        var instance: String
        var version: String
        fileprivate(set) var capacity: Int
        /// What it serves, and the instance that stands for each.
        var agents: [Int] = []
        var instances: [Int] = []
        /// The tasks this orchestrator has given it and that are not answered.
        var tasks = SlotList()
        /// How many of them are suspected of having killed a worker: never more than one at a time.
        var suspects = 0
        /// Which of its agents is served first when it has a place again.
        var turn = 0
        /// What it last said it has in hand, from all orchestrators.
        private(set) var running = 0
        /// The tasks it was given from here since it said so.
        private var since = 0
        private(set) var inFlight = 0
        fileprivate(set) var isReachable = true
        fileprivate(set) var isDraining = false
        fileprivate(set) var pausedUntil = Instant.zero
        fileprivate var isResting = false
        private(set) var isGone = false
        /// The instances whose places were found closed because of it.
        var shut: [Int] = []
        /// Answers about tasks that were over or had been given to another.
        var stale = 0

        init(peer: PeerID, instance: String, version: String, capacity: Int) {
            self.peer = peer
            self.instance = instance
            self.version = version
            self.capacity = capacity
        }

        func takes(at now: Instant) -> Bool {
            isReachable && !isDraining && inFlight < capacity && pausedUntil <= now
        }

        /// What it has in hand, as far as that is known: what it said and was given since, and at
        /// least what it has from here.
        var load: Int { max(inFlight, running + since) }

        mutating func noteLoad(_ running: Int) {
            self.running = running
            since = 0
        }

        mutating func began() {
            inFlight += 1
            since += 1
        }

        mutating func ended() { inFlight -= 1 }

        mutating func retire() {
            agents = []
            instances = []
            shut = []
            capacity = 0
            isReachable = false
            isGone = true
        }
    }

    // MARK: - Verbs

    /// How many tasks the worker takes at a time from now on.
    mutating func setCapacity(_ worker: Int, _ capacity: Int, at now: Instant) {
        workers[worker].capacity = capacity
        offer(worker, at: now)
    }

    /// Its connection is there, or is not.
    mutating func setReachable(_ worker: Int, _ isReachable: Bool, at now: Instant) {
        workers[worker].isReachable = isReachable
        offer(worker, at: now)
    }

    /// It takes nothing new any more.
    mutating func drain(_ worker: Int) { workers[worker].isDraining = true }

    /// It is left alone until then.
    mutating func pause(_ worker: Int, until moment: Instant) {
        workers[worker].pausedUntil = moment
        rest.wakes = min(rest.wakes, moment)
        guard !workers[worker].isResting else { return }
        workers[worker].isResting = true
        rest.workers.append(worker)
    }

    /// Opens what was found closed because of this worker, if it takes tasks now.
    mutating func offer(_ worker: Int, at now: Instant) {
        guard !workers[worker].shut.isEmpty, workers[worker].takes(at: now) else { return }
        var shut: [Int] = []
        swap(&shut, &workers[worker].shut)
        for instance in shut { open(instance) }
        // Its room is kept: it will be needed again.
        shut.removeAll(keepingCapacity: true)
        workers[worker].shut = shut
    }

    /// The workers whose pause is over; they leave the list of those who rest.
    mutating func takeRested(at now: Instant) -> [Int] {
        let rested = rest.workers.filter { workers[$0].pausedUntil <= now }
        rest.workers.removeAll { workers[$0].pausedUntil <= now }
        for worker in rested { workers[worker].isResting = false }
        return rested
    }
}
