import Bus
import TestKit
import Testing

@testable import WorkerKit

/// How a worker is deployed, as the bus is told of it.
@Suite struct WorkerConfigurationTests {
    @Test("a key's file and an address are all that a worker on another host needs")
    func keyFile() throws {
        let folder = try TemporaryFolder()
        let keys = KeyFolder(path: folder.file("keys"))
        try keys.make()
        var configuration = WorkerConfiguration()
        configuration.bus = "tcp://o1:7400,tcp://o2:7410"
        configuration.key = keys.file(of: "worker")
        let server = try keys.pair(KeyFolder.serverName).public
        let plan = try configuration.plan(name: "w")
        #expect(plan.endpoints.map(\.serverKey) == [server, server])
        #expect(plan.routingID.hasPrefix("worker."))
        let other = try KeyPair.make(name: "other").public
        configuration.serverKey = other
        #expect(try configuration.plan(name: "w").endpoints.map(\.serverKey) == [other, other])
    }
}
