/// The scripts of the store, one for each file in the folder Scripts.
extension RedisScript {
    package static let accept = stored("accept", PackageResources.accept_lua)
    package static let adopt = stored("adopt", PackageResources.adopt_lua)
    package static let advance = stored("advance", PackageResources.advance_lua)
    package static let attempt = stored("attempt", PackageResources.attempt_lua)
    package static let cancel = stored("cancel", PackageResources.cancel_lua)
    package static let claim = stored("claim", PackageResources.claim_lua)
    package static let deposit = stored("deposit", PackageResources.deposit_lua)
    package static let discard = stored("discard", PackageResources.discard_lua)
    package static let dying = stored("dying", PackageResources.dying_lua)
    package static let effect = stored("effect", PackageResources.effect_lua)
    package static let effectDone = stored("effect_done", PackageResources.effect_done_lua)
    package static let events = stored("events", PackageResources.events_lua)
    package static let figures = stored("figures", PackageResources.figures_lua)
    package static let finish = stored("finish", PackageResources.finish_lua)
    package static let floor = stored("floor", PackageResources.floor_lua)
    package static let freeze = stored("freeze", PackageResources.freeze_lua)
    package static let journal = stored("journal", PackageResources.journal_lua)
    package static let keepWorkflow = stored("keep_workflow", PackageResources.keep_workflow_lua)
    package static let leave = stored("leave", PackageResources.leave_lua)
    package static let list = stored("list", PackageResources.list_lua)
    package static let missed = stored("missed", PackageResources.missed_lua)
    package static let park = stored("park", PackageResources.park_lua)
    package static let people = stored("people", PackageResources.people_lua)
    package static let person = stored("person", PackageResources.person_lua)
    package static let project = stored("project", PackageResources.project_lua)
    package static let publish = stored("publish", PackageResources.publish_lua)
    package static let read = stored("read", PackageResources.read_lua)
    package static let readJournal = stored("read_journal", PackageResources.read_journal_lua)
    package static let register = stored("register", PackageResources.register_lua)
    package static let release = stored("release", PackageResources.release_lua)
    package static let renew = stored("renew", PackageResources.renew_lua)
    package static let repair = stored("repair", PackageResources.repair_lua)
    package static let resolve = stored("resolve", PackageResources.resolve_lua)
    package static let revive = stored("revive", PackageResources.revive_lua)
    package static let schedule = stored("schedule", PackageResources.schedule_lua)
    package static let schedules = stored("schedules", PackageResources.schedules_lua)
    package static let session = stored("session", PackageResources.session_lua)
    package static let sessions = stored("sessions", PackageResources.sessions_lua)
    package static let start = stored("start", PackageResources.start_lua)
    package static let trim = stored("trim", PackageResources.trim_lua)
    package static let workflow = stored("workflow", PackageResources.workflow_lua)
    package static let words = stored("words", PackageResources.words_lua)

    /// All that a connection for commands loads when it begins.
    package static let all = [
        accept, adopt, advance, attempt, cancel, claim, deposit, discard, dying, effect, effectDone,
        events, figures, finish, floor, freeze, journal, keepWorkflow, leave, list, missed, park,
        people, person, project, publish, read, readJournal, register, release, renew, repair,
        resolve, revive, schedule, schedules, session, sessions, start, trim, words, workflow,
    ]

    /// A file that says so in its first line begins with what several share.
    private static func stored(_ name: String, _ file: [UInt8]) -> RedisScript {
        let usesPrelude = file.starts(with: "-- uses prelude\n".utf8)
        return RedisScript(name, usesPrelude ? PackageResources.prelude_lua + file : file)
    }
}
