import WorkerKit

/// The general agents that come with Baton, each in a file of its own.
@main
struct Toolbox {
    static func main() {
        Worker("toolbox") {
            Agent.echo
            Agent.sleep
            Agent.fail
        }.main()
    }
}
