package import Wire

/// What the store says, with the token or ticket it was asked with.
package enum StateReply: Sendable {
    case accepted(_ token: UInt64, AcceptVerdict)
    case attempted(_ token: UInt64, Keeping)
    case started(_ token: UInt64, Keeping)
    case advanced(_ token: UInt64, Keeping)
    case journaled(_ token: UInt64, Keeping)
    case finished(_ token: UInt64, Keeping)
    case parked(_ token: UInt64, Keeping)
    case released(_ token: UInt64, Keeping)
    case read(_ ticket: UInt64, StoredRequest?)
    /// A stretch of a journal; nil where there is no such request.
    case journalPage(_ ticket: UInt64, JournalPage?)
    case keptWorkflow(_ ticket: UInt64)
    /// nil: nothing is kept under that digest.
    case workflow(_ ticket: UInt64, [UInt8]?)
    /// What workers left for whoever owns a request.
    case words(_ ticket: UInt64, [StoredMessage])
    /// Of resolve, cancel, revive, discard and freeze.
    case decided(_ ticket: UInt64, Decided)
    /// A stretch of a list, without messages, and how many there are in all.
    case listed(_ ticket: UInt64, [StoredRequest], total: Int)
    /// Requests that are this orchestrator's from now on.
    case claimed([StoredRequest])
    case effect(_ ticket: UInt64, EffectVerdict)
    case figures(_ ticket: UInt64, [AgentFigures])
    case deposited(_ ticket: UInt64, DepositVerdict)
    case session(_ ticket: UInt64, SessionAnswer)
    case person(_ ticket: UInt64, PersonReply)
    case event(_ ticket: UInt64, EventAnswer)
    case schedule(_ ticket: UInt64, ScheduleAnswer)
    /// The store could not be asked, or refused: nothing is known to have changed.
    case failed(_ ticket: UInt64, reason: String)
    /// What the store has of it makes no sense.
    case unreadable(_ ticket: UInt64, reason: String)
}

/// What the store says about a request it was asked to accept.
package enum AcceptVerdict: Sendable, Equatable {
    case accepted
    /// Kept, and waits for an owner.
    case waits
    /// Known and not ended: somebody has it in hand, or it waits or is parked.
    case known(StoredState)
    /// Known, and it ended.
    case ended
    /// Another request has this id.
    case conflict
    /// Nothing was kept: too many are in hand or wait.
    case tenantBusy, readyBusy
    /// Nothing was kept: the store cannot keep anything now.
    case refused(reason: String)
    /// It may have been kept, and that may be lost again: whoever asks once more is told.
    case unknown(reason: String)
    /// What is kept under this id makes no sense.
    case unreadable
}

/// What the store says about a change to a request that this orchestrator owned.
package enum Keeping: Sendable, Equatable {
    /// It is kept, now or since an earlier time.
    case kept
    /// Another owns it, or it ended in another way: what was done here counts for nothing.
    case fenced
    /// There is no such request.
    case gone
    /// What is kept of it makes no sense.
    case unreadable
}

package enum Decided: Sendable, Equatable {
    case done
    /// It is not in a state in which this can be decided.
    case state(StoredState)
    case unknown
}

package enum EffectVerdict: Sendable {
    /// Nothing is known of it, or it may be repeated: go ahead.
    case go
    /// It happened: this was its result.
    case skip(any Content)
    /// It may have happened: nobody can know.
    case unknown
    /// The request is over or belongs to another.
    case stale
}

/// What became of a worker's word about a request that somebody else owns.
package enum DepositVerdict: Sendable, Equatable {
    /// It is kept for the owner, if there is one now.
    case kept(owner: String)
    /// Nobody needs it: the request has ended, or there is none.
    case over
}

/// What an agent did in an hour.
package struct AgentFigures: Sendable, Equatable {
    package var agent: String
    /// Hours since 1970.
    package var hour: Int
    package var count: Int
    package var failed: Int
    package var milliseconds: Int

    package init(agent: String, hour: Int, count: Int, failed: Int, milliseconds: Int) {
        self.agent = agent
        self.hour = hour
        self.count = count
        self.failed = failed
        self.milliseconds = milliseconds
    }
}
