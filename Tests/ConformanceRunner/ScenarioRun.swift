import Conformance
import Document
import Reactor
import Telemetry
import TestKit

/// Features played in a world, many scenarios at a time.
struct ScenarioRun: Sendable {
    let world: ClusterWorld
    let jobs: Int
    let only: String

    /// Longer than this nobody waits for a scenario: what happens then is for tests of the engine.
    private static let longest = Duration.seconds(16)

    private struct Item: Sendable {
        let path: String
        let scenario: Feature.Scenario
        let place: Int
    }

    func play(_ folder: String, _ title: String, into report: inout Report) async throws {
        let files = FileTree.files(below: folder).filter { $0.hasSuffix(".feature") }.sorted()
        var items: [Item] = []
        for file in files {
            let feature = try Feature(FileTree.text(of: "\(folder)/\(file)"), source: file)
            for scenario in feature.scenarios
            where only.isEmpty || file.contains(only) || scenario.name.contains(only) {
                items.append(Item(path: file, scenario: scenario, place: items.count))
            }
        }
        let verdicts = try await verdicts(items)
        for file in files {
            let rows = items.filter { $0.path == file }
            guard !rows.isEmpty else { continue }
            report.add(
                "\(title) \(file)",
                rows.map { ("line \($0.scenario.line): \($0.scenario.name)", verdicts[$0.place]) })
        }
    }

    private func verdicts(_ items: [Item]) async throws -> [Report.Verdict] {
        var verdicts = [Report.Verdict](repeating: .passed, count: items.count)
        // Those that take longest begin first.
        var waiting = items.sorted { $0.scenario.duration > $1.scenario.duration }[...]
        try await withThrowingTaskGroup(of: (Int, Report.Verdict).self) { group in
            func next() {
                guard let item = waiting.popFirst() else { return }
                group.addTask { (item.place, await verdict(item)) }
            }
            for _ in 0..<jobs { next() }
            while let (place, verdict) = try await group.next() {
                try Task.checkCancellation()
                verdicts[place] = verdict
                next()
            }
        }
        // On a machine that has too much to do things come late. Alone they must not.
        for item in items {
            guard case .late = verdicts[item.place] else { continue }
            try Task.checkCancellation()
            print("late, played again alone: \(item.path): \(item.scenario.name)")
            verdicts[item.place] = await verdict(item)
        }
        return verdicts
    }

    private func verdict(_ item: Item) async -> Report.Verdict {
        if item.scenario.duration > Self.longest {
            return .engineOnly("it takes \(item.scenario.duration)")
        }
        let player = ScenarioPlayer(in: world)
        let unmet = await player.play(item.scenario, source: item.path)
        let reasons = unmet.map(\.message)
        guard !reasons.isEmpty else { return .passed }
        return reasons.allSatisfy(Self.isOfTime) ? .late(reasons) : .failed(reasons)
    }

    /// Whether a step that was not met speaks of when something was.
    private static func isOfTime(_ reason: String) -> Bool {
        ["should take ", "should be called after ", "should be given "].contains {
            reason.contains($0)
        }
    }
}

extension Feature.Scenario {
    /// The longest time that its steps speak of.
    var duration: Duration {
        steps.flatMap { $0.text.split(separator: " ") }
            .filter { $0.first?.isNumber == true }
            .compactMap { Quantity.duration(String($0)) }.max() ?? .zero
    }
}
