import Glibc
import WorkerKit

/// The general agents that come with Baton, each in a file of its own.
@main
struct Toolbox {
    static func main() {
        // The file that `ledger` and `journal` write to; without one there are none.
        let ledger = unsafe getenv("BATON_LEDGER").map { unsafe String(cString: $0) } ?? ""
        Worker("toolbox") {
            Agent.echo
            Agent.sleep
            Agent.fail
            Agent.memo
            if !ledger.isEmpty {
                Agent.ledger(ledger)
                Agent.journal(ledger)
            }
        }.main()
    }
}
