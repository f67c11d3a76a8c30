import WorkerKit

struct Greeting: Codable, Sendable { var name: String }

/// An agent in a package of its own, as a user of Baton writes one.
@main
struct Greeter {
    static func main() {
        Worker {
            Agent("greet", description: "Greets by name") { (input: Greeting, task) in
                "Hello, \(input.name)!"
            }
        }.main()
    }
}
