import Conformance
import Document
import Flow
import Glibc
import Telemetry
import TestKit
import Testing

/// The features of the official kit and of our own, played against the engine alone.
@Suite struct EngineConformanceTests {
    static let own = features("\(Products.root)/Tests/Conformance/features")
    static let official = features(
        (folderOfKit ?? "\(Products.root)/../shared/kits/ows") + "/ctk/features")

    @Test(
        "the official conformance kit passes, 21 of 21",
        .enabled(if: !official.isEmpty, "the kit is not there; set OWS_KIT to its folder"))
    func officialKit() async throws {
        var count = 0
        for path in Self.official { count += try await Self.play(path) }
        #expect(count == 21)
    }

    @Test("what the official kit leaves out passes too", arguments: own)
    func ownKit(_ path: String) async throws {
        let count = try await Self.play(path)
        #expect(count > 0, "\(path) has no scenario")
    }

    @Test("the kit of our own has at least 120 scenarios")
    func size() throws {
        var count = 0
        for path in Self.own { count += try Self.feature(path).scenarios.count }
        #expect(count >= 120)
    }

    private static func play(_ path: String) async throws -> Int {
        let player = ScenarioPlayer(in: EngineWorld(onEnd: EngineReplay.check))
        let feature = try feature(path)
        for scenario in feature.scenarios {
            for unmet in await player.play(scenario, source: path) { Issue.record(unmet) }
        }
        return feature.scenarios.count
    }

    private static func feature(_ path: String) throws -> Feature {
        try Feature(FileTree.text(of: path), source: path)
    }

    private static func features(_ folder: String) -> [String] {
        FileTree.files(below: folder).filter { $0.hasSuffix(".feature") }.map { "\(folder)/\($0)" }
    }

    private static var folderOfKit: String? {
        unsafe getenv("OWS_KIT").map { unsafe String(cString: $0) }
    }
}
