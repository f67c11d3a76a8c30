import Glibc
import WorkerKit

/// The general agents that come with Baton, each in a file of its own.
@main
struct Toolbox {
    static func main() {
        if let confined = ConfinedStart(CommandLine.arguments) { confined.run() }
        let options: ToolboxOptions
        let programs: CommandRules
        do {
            options = try ToolboxOptions(
                Array(CommandLine.arguments.dropFirst()), environment: environment())
            programs = try CommandRules(file: options.commands)
        } catch let misuse as ToolboxOptions.Misuse {
            leave("\(misuse.message); see --help", code: 2)
        } catch {
            leave("\(error)", code: 78)
        }
        let web = WebDesk(options.web)
        // The file that `ledger` and `journal` write to; without one there are none.
        let ledger = setting("BATON_LEDGER")
        // The same for `work` and `once`, whose answers also tell which instance did it.
        let (book, instance) = (setting("BATON_BOOK"), setting("BATON_INSTANCE"))
        Worker("toolbox") {
            Agent.echo
            Agent.sleep
            Agent.fail
            Agent.memo
            Agent.http(web)
            Agent.openAPI(web)
            Agent.command(programs)
            if !ledger.isEmpty {
                Agent.ledger(ledger)
                Agent.journal(ledger)
            }
            if !book.isEmpty {
                Agent.work(book, instance: instance)
                Agent.once(book, instance: instance)
            }
        }.main(options.rest, help: ToolboxOptions.rows, examples: ToolboxOptions.examples)
    }

    private static func environment() -> [String: String] {
        var variables: [String: String] = [:]
        for name in ToolboxOptions.variables { variables[name] = setting(name) }
        return variables
    }

    private static func setting(_ name: String) -> String {
        unsafe getenv(name).map { unsafe String(cString: $0) } ?? ""
    }

    private static func leave(_ message: String, code: Int32) -> Never {
        var line = "baton-toolbox: \(message)\n"
        line.withUTF8 { bytes in
            _ = unsafe write(STDERR_FILENO, bytes.baseAddress, bytes.count)
        }
        exit(code)
    }
}
