import Conformance
import Document
import Reactor
import Telemetry
import TestKit

/// Plays the parts that were asked for, one after another.
struct Runner: Sendable {
    let options: RunnerOptions
    let loop: EventLoop

    /// Plays everything; says whether nothing failed.
    func play() async throws -> Bool {
        for program in ["batond", "baton-toolbox"] {
            let path = "\(options.products)/\(program)"
            guard FileTree.kind(of: path) == .file(isExecutable: true) else {
                throw Fault(RunnerCode.usage, "there is no program \(path): build it first")
            }
        }
        let began = loop.now
        var report = Report()
        for part in options.parts {
            switch part {
            case .own: try await own(&report)
            case .official: try await official(&report)
            case .examples: try await examples(&report)
            }
        }
        report.close((loop.now - began) / .seconds(1))
        return report.failed == 0
    }

    private func own(_ report: inout Report) async throws {
        let world = ClusterWorld(options.products, on: loop)
        let run = ScenarioRun(world: world, jobs: options.jobs, only: options.only)
        try await run.play("\(Products.root)/Tests/Conformance/features", "own", into: &report)
    }

    private func official(_ report: inout Report) async throws {
        guard let kit = kit(with: "ctk/features", .official, &report) else { return }
        let stage = try WebStage(options.products, on: loop)
        try await stage.play(secrets: [:]) { cluster in
            let world = ClusterWorld(options.products, on: loop, shared: cluster)
            let run = ScenarioRun(world: world, jobs: 1, only: options.only)
            try await run.play(kit, "official", into: &report)
        }
    }

    private func examples(_ report: inout Report) async throws {
        guard let folder = kit(with: "examples", .examples, &report) else { return }
        let examples = try Example.all(in: folder, only: options.only)
        let stage = try WebStage(options.products, on: loop)
        try await stage.play(secrets: Example.secrets(of: examples)) { cluster in
            var rows: [(String, Report.Verdict)] = []
            var ends: [String: Int] = [:]
            for example in examples {
                try Task.checkCancellation()
                let (words, verdict) = await example.play(on: cluster)
                print("  \(example.name): \(words)")
                rows.append((example.name, verdict))
                ends[String(words.prefix { $0.isLetter }), default: 0] += 1
            }
            report.add("examples", rows)
            let counts = ends.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }
            print("     examples: \(counts.joined(separator: ", "))")
        }
    }

    /// A folder of the kit, if the kit is there.
    private func kit(
        with folder: String, _ part: RunnerOptions.Part, _ report: inout Report
    ) -> String? {
        guard let kit = options.kit else {
            report.skip(
                part.rawValue, "the specification's kit is not here: name its folder in OWS_KIT")
            return nil
        }
        guard case .folder? = FileTree.kind(of: "\(kit)/\(folder)") else {
            report.skip(part.rawValue, "\(kit) has no folder \(folder)")
            return nil
        }
        return "\(kit)/\(folder)"
    }
}
