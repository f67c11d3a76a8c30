import Reactor
import Telemetry

/// Going where Sentinels say that the master is.
extension RedisLink {
    /// Asks for the place; `guided` goes on.
    func seek(_ guide: SentinelGuide) {
        isSeeking = true
        guide.find()
    }

    /// The master is there: whoever waited for it goes there, and who is elsewhere leaves.
    func guided(to master: SentinelWatch.Master) {
        if isSeeking {
            (isSeeking, self.master) = (false, master)
            progress = loop.now
            dial(.tcp(host: master.host.name, port: master.host.port))
        } else if life.state == .resting {
            guard lastMaster != master else { return }
            pause?.cancel()
            handle(.rested)
        } else if let here = self.master, here != master {
            handle(.lost("the master is \(master.host) now"))
        }
    }

    /// Nobody knows where it is.
    func unguided(_ reason: String) {
        guard isSeeking else { return }
        handle(.lost(reason))
    }

    func misguided(_ fault: Fault) {
        guard isSeeking else { return }
        handle(.refused(fault))
    }

    /// A server that was a master before, and became one again, may have forgotten something all
    /// the same: with the number of the failover it counts as another.
    func marked(_ facts: Facts) -> Facts {
        guard let master else { return facts }
        var facts = facts
        facts.runID += "/\(master.epoch)"
        facts.place = "\(master.host)"
        return facts
    }
}
