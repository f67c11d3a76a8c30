/// A worker in Swift: a package of its own that depends on Baton's sources by path.
extension Template {
    static func swift(name: String, baton: String) -> Template {
        Template(
            pieces: [
                Piece(path: "Package.swift", text: manifest(name: name, baton: baton)),
                Piece(path: "Sources/\(name)/Main.swift", text: program),
                Piece(path: ".gitignore", text: ".build/\n.baton/\n"),
                Piece(
                    path: "baton.yaml",
                    text: """
                        workers:
                          - name: \(name)
                            command: [.build/debug/\(name)]

                        """),
            ],
            steps: [
                "cd \(name)", "swift build", "baton up --detach",
                "baton call greet '{\"name\": \"world\"}'",
            ])
    }

    private static func manifest(name: String, baton: String) -> String {
        """
        // swift-tools-version: 6.2
        import PackageDescription

        let package = Package(
            name: "\(name)",
            dependencies: [.package(name: "baton", path: "\(baton)")],
            targets: [
                .executableTarget(
                    name: "\(name)",
                    dependencies: [.product(name: "WorkerKit", package: "baton")])
            ]
        )

        """
    }

    private static let program = """
        import WorkerKit

        struct Greeting: Codable, Sendable { var name: String }

        @main
        struct Greeter {
            static func main() {
                Worker {
                    Agent("greet", description: "Greets by name") { (input: Greeting, task) in
                        "Hello, \\(input.name)!"
                    }
                }.main()
            }
        }

        """
}
