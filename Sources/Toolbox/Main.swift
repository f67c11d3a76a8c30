import Glibc
import WorkerKit

/// The general agents that come with Baton, each in a file of its own.
@main
struct Toolbox {
    static func main() {
        // The file that `ledger` and `journal` write to; without one there are none.
        let ledger = setting("BATON_LEDGER")
        // The same for `work` and `once`, whose answers also tell which instance did it.
        let (book, instance) = (setting("BATON_BOOK"), setting("BATON_INSTANCE"))
        Worker("toolbox") {
            Agent.echo
            Agent.sleep
            Agent.fail
            Agent.memo
            if !ledger.isEmpty {
                Agent.ledger(ledger)
                Agent.journal(ledger)
            }
            if !book.isEmpty {
                Agent.work(book, instance: instance)
                Agent.once(book, instance: instance)
            }
        }.main()
    }

    private static func setting(_ name: String) -> String {
        unsafe getenv(name).map { unsafe String(cString: $0) } ?? ""
    }
}
