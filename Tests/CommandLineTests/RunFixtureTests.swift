import Document
import Flow
import TestKit
import Testing

@testable import baton

/// Durable runs as earlier versions left them: each is had again from its journal, comes to what it
/// came to then, and has open what was open; so does each that stopped before its end.
@Suite struct RunFixtureTests {
    static let names = [
        "f-calls", "f-retry", "f-child", "f-listen", "f-suspended", "f-cancelled",
    ]

    private func fixture(_ name: String) throws -> Value {
        try JSON.parse(
            try File.read("\(Products.root)/Tests/Fixtures/v1/runs/\(name).json", limit: 1 << 20))
    }

    private func run(_ fixture: Value, _ count: Int = .max) throws -> StoredRun {
        var bodies: [String: Value] = [:]
        for (digest, body) in fixture["bodies"]?.object ?? [:] { bodies[digest] = body }
        return try StoredRun(
            fixture["head"] ?? .null, lines: Array((fixture["lines"]?.array ?? []).prefix(count)),
            bodies: bodies)
    }

    @Test("B89 a run of version 1 is gone on with where it was", arguments: names)
    func resumes(_ name: String) throws {
        let fixture = try fixture(name)
        let replay = RunReplay(try run(fixture))
        #expect(replay.exit == .ok, "\(replay.ending.plain)")
        #expect(replay.json["summary"] == fixture["summary"])
        #expect(replay.json["open"] == fixture["open"])
        #expect(replay.history.turns.count == fixture["tasks"]?.integer)
    }

    @Test("B89 what a run of version 1 was told fits wherever it is taken over", arguments: names)
    func prefixes(_ name: String) throws {
        let fixture = try fixture(name)
        let lines = fixture["lines"]?.array ?? []
        for count in lines.indices {
            let replay = RunReplay(try run(fixture, count))
            #expect(replay.history.resumed.leftOver.isEmpty && replay.history.outcome == nil)
            // What is told next was asked for, but for what comes from outside.
            if let key = lines[count]["k"]?.string {
                #expect(replay.open.map(\.text).contains(key), "\(key) is not open")
            }
        }
    }
}
