import Store
import TestKit
import Testing

@testable import Orchestration

/// The configuration that comes along for containers.
@Suite struct ComposeConfigurationTests {
    @Test("it can be read as it stands, and names the Redis of its compose file")
    func reads() throws {
        let configuration = try Configuration(
            file: "\(Products.root)/compose/config/baton.yaml")
        #expect(configuration.warnings.isEmpty)
        #expect(configuration.redis == "redis://redis:6379")
        #expect(configuration.password == "file:/keys/store/password")
        let services = try FileTree.text(of: "\(Products.root)/compose/compose.yaml")
        #expect(services.contains("\n  redis:\n") && services.contains("store-keys:/keys/store"))
        let syncs = configuration.store.profile == .single ? "always" : "everysec"
        #expect(services.contains("- --appendfsync\n      - \(syncs)\n"))
    }
}
