import Bus
import Reactor
import Store
import Telemetry
import Wire

/// How whoever owns a run hears of answers that were given elsewhere: by a hint at once, or by
/// asking the store now and then, with one question for all.
extension Conductor {
    /// Time passed.
    mutating func lookAfterPeople(at now: Instant, into outbox: inout Outbox) {
        guard !people.open.isEmpty, !people.isAsking, !inquiries.isFull else { return }
        if !people.unsure.isEmpty {
            people.isAsking = true
            return read(people.takeUnsure(PersonCommand.mostRead), into: &outbox)
        }
        guard now - people.asked >= delays.people else { return }
        people.asked = now
        people.isAsking = true
        let known = people.known
        outbox.ask(.person(inquiries.ask(.peopleNews), .news(since: known)))
    }

    /// HINT: somebody answered what a run asks.
    mutating func hinted(of key: PersonKey, into outbox: inout Outbox) {
        guard people.open[key]?.isKept == true, !inquiries.isFull else { return }
        read([key], into: &outbox)
    }

    /// Tells whoever owns the run that it has an answer.
    func hint(of key: PersonKey, into outbox: inout Outbox) {
        outbox.announce(.hint) { $0.text(.receiver, key.description) }
    }

    mutating func heardNews(
        _ keys: [PersonKey], last: UInt64, isWhole: Bool, into outbox: inout Outbox
    ) {
        people.isAsking = false
        people.known = last
        if !isWhole { people.doubtAll() }
        let mine = keys.filter { people.open[$0]?.isKept == true }
        for start in stride(from: 0, to: mine.count, by: PersonCommand.mostRead) {
            guard !inquiries.isFull else { return people.doubtAll() }
            read(Array(mine[start...].prefix(PersonCommand.mostRead)), into: &outbox)
        }
        // There is more than one answer holds.
        if keys.count >= 256 { people.asked = .zero }
    }

    mutating func found(_ tasks: [StoredPerson], into outbox: inout Outbox) {
        people.isAsking = false
        for task in tasks { if let word = task.word { answered(task.key, word, into: &outbox) } }
    }

    private mutating func read(_ keys: [PersonKey], into outbox: inout Outbox) {
        outbox.ask(.person(inquiries.ask(.peopleFound), .read(keys)))
    }
}
