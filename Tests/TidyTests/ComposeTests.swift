import TestKit
import Testing

/// Holds the image and the compose file against what they are made of.
@Suite("compose") struct ComposeTests {
    private static func text(_ path: String) throws -> String {
        try FileTree.text(of: "\(Products.root)/\(path)")
    }

    private let image: String
    private let services: String
    private let manifest: String

    init() throws {
        image = try Self.text("compose/Dockerfile")
        services = try Self.text("compose/compose.yaml")
        manifest = try Self.text("Package.swift")
    }

    @Test("the image has every program of the manifest, and the libraries that they are built with")
    func programs() throws {
        let programs = manifest.matches(of: /\.executable\(name: "([^"]+)"/).map { String($0.1) }
        #expect(programs.count > 2)
        let copied = try #require(image.firstMatch(of: /for program in ([^;]+);/)).1
            .split(separator: " ").map(String.init)
        #expect(Set(copied) == Set(programs))
        for package in manifest.matches(of: /"(lib[a-z0-9]+-dev)"/).map({ String($0.1) }) {
            #expect(image.contains(" \(package) "), "\(package) is missing in the Dockerfile")
        }
    }

    @Test(
        "the image runs as a number, by arguments and not by a shell, and says whether it is well")
    func entry() {
        let lines = image.split(separator: "\n").map(String.init)
        #expect(lines.contains { $0.wholeMatch(of: /USER [1-9][0-9]+:[1-9][0-9]+/) != nil })
        #expect(lines.contains { $0.hasPrefix("ENTRYPOINT [") })
        #expect(lines.contains { $0.hasPrefix("HEALTHCHECK ") && $0.hasSuffix("]") })
        #expect(lines.last { $0.hasPrefix("FROM ") } == "FROM debian:bookworm-slim")
        #expect(!image.contains("# syntax="))
    }

    @Test("no variable is set that no program reads")
    func variables() throws {
        let options = try Self.text("Sources/batond/Options.swift")
        let readers = try FileTree.files(below: "\(Products.root)/Sources")
            .filter { $0.hasSuffix(".swift") }.map { try Self.text("Sources/\($0)") }
        for name in Set((services + image).matches(of: /\bBATOND?_[A-Z_]+\b/).map { String($0.0) })
        where !["BATON_IMAGE", "BATON_TESTS"].contains(name) {
            let words = name.dropFirst("BATOND_".count).lowercased().split(separator: "_")
            let flag = "\"--\(words.joined(separator: "-"))\""
            let isRead =
                name.hasPrefix("BATOND_")
                ? options.contains(flag) : readers.contains { $0.contains("\"\(name)\"") }
            #expect(isRead, "\(name) is read nowhere")
        }
    }

    @Test("ports lie on the loopback, and are the same inside and outside, where the daemon binds")
    func ports() throws {
        let published = services.matches(of: /ports: \["([^"]+)"\]/).map { String($0.1) }
        let bound = services.matches(of: /BATOND_LISTEN: tcp:\/\/0\.0\.0\.0:([0-9]+)/)
            .compactMap { Int($0.1) }
        #expect(
            published == bound.map { "127.0.0.1:\($0)-\($0 + 2):\($0)-\($0 + 2)" })
        let standard = try Self.text("Sources/batond/Options.swift")
            .firstMatch(of: /listen = "tcp:\/\/127\.0\.0\.1:([0-9]+)"/)?.1
        #expect(bound.first.map(String.init) == standard.map(String.init))
        for (number, port) in zip(1..., bound) {
            #expect(services.contains("tcp://orchestrator-\(number):\(port)"))
        }
    }

    @Test(
        "every service is shut in: nothing to write to, no rights, limits, and a word on restarts")
    func isolation() {
        let parts = services.components(after: "\nservices:\n", until: "\nvolumes:\n")
        let named = parts.matches(of: /(?m)^  ([a-z0-9-]+):$/).map { String($0.1) }
        #expect(named == ["keys", "redis", "orchestrator-1", "orchestrator-2", "worker", "baton"])
        for (index, name) in named.enumerated() {
            let next = index + 1 < named.count ? "\n  \(named[index + 1]):\n" : "\u{0}"
            let own = parts.components(after: "  \(name):\n", until: next)
            let inherits = own.contains("<<: *service") || own.contains("<<: *orchestrator\n")
            for word in ["read_only: true", "cap_drop: [ALL]", "no-new-privileges", "pids_limit"] {
                #expect(inherits || own.contains(word), "\(name) without \(word)")
                #expect(services.contains(word))
            }
            let limited = own.contains("mem_limit:") || own.contains("<<: *orchestrator\n")
            #expect(limited, "\(name) may take all memory")
        }
        #expect(!services.contains("privileged: true") && !services.contains("docker.sock"))
    }
}

extension String {
    /// What stands between two texts; to the end where the second is not there.
    fileprivate func components(after start: String, until end: String) -> String {
        guard let from = firstRange(of: start) else { return "" }
        let rest = self[from.upperBound...]
        return String(rest[..<(rest.firstRange(of: end)?.lowerBound ?? rest.endIndex)])
    }
}
