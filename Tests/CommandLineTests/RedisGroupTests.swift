import Glibc
import Telemetry
import TestKit
import Testing

@testable import baton

/// The private master with its replicas and Sentinels, before anything is started.
@Suite struct RedisGroupTests {
    private let place: TemporaryFolder
    private var folder: ClusterFolder { ClusterFolder(directory: place.path) }

    init() throws {
        place = try TemporaryFolder()
        try File.makeFolder(folder.root)
    }

    @Test("A new one has its own ports and a password that stands in no address")
    func new() throws {
        #expect(!RedisGroup.exists(in: folder))
        let group = try RedisGroup.open(in: folder) { $0 != 17_403 }
        #expect(RedisGroup.exists(in: folder))
        #expect(group.members.map(\.port) == Array(17_410...17_415))
        #expect(
            group.members.map(\.name) == [
                "redis-1", "redis-2", "redis-3", "sentinel-1", "sentinel-2", "sentinel-3",
            ])
        #expect(group.url == "sentinel://127.0.0.1:17413,127.0.0.1:17414,127.0.0.1:17415/baton")
        #expect(group.password.utf8.count > 30 && group.secretURL.contains(":\(group.password)@"))
        for member in group.members {
            let text = group.settings(of: member)
            let isFirst = member == group.members[0]
            #expect(text.contains("bind 127.0.0.1\n") && text.contains("protected-mode yes\n"))
            #expect(text.contains("requirepass \(group.password)\n"))
            #expect(text.contains("replicaof") == (!isFirst && !member.isSentinel))
            #expect(text.contains("min-replicas-to-write 1\n") == !member.isSentinel)
            #expect(text.contains("sentinel monitor baton 127.0.0.1 17410 2") == member.isSentinel)
        }
    }

    @Test("The next start finds what was written since, and asks for the ports to be free")
    func again() throws {
        let first = try RedisGroup.open(in: folder) { _ in true }
        let file = first.members[1].file
        try File.write(Array("# rewritten\nport 4711\nreplicaof no one\n".utf8), to: file)
        let second = try RedisGroup.open(in: folder) { _ in true }
        #expect(second.password == first.password && second.members[1].port == 4711)
        let fault = #expect(throws: Fault.self) {
            try RedisGroup.open(in: folder) { $0 != 4711 }
        }
        #expect(
            fault?.message.contains("port 4711") == true && fault?.has(Exit.unavailable) == true)
    }

    @Test("What was never started is written anew; a group with data that lacks a file is a fault")
    func damaged() throws {
        let first = try RedisGroup.open(in: folder) { _ in true }
        unsafe unlink(first.members[5].file)
        let second = try RedisGroup.open(in: folder) { _ in true }
        #expect(second.password != first.password)
        try File.makeFolder("\(second.members[2].folder)/appendonlydir")
        unsafe unlink(second.passwordFile)
        let fault = #expect(throws: Fault.self) { try RedisGroup.open(in: folder) { _ in true } }
        #expect(fault?.has(Exit.configuration) == true)
    }

    @Test("The group is started as Redis and as Sentinels, and orchestrators are given the address")
    func list() throws {
        let group = try RedisGroup.open(in: folder) { _ in true }
        var system = SystemFile.standard
        try system.store.choose(store: nil, profile: "ha")
        var list = ChildList(folder: folder, system: system, variables: [:])
        list.group = group
        let stores = list.stores(program: "/bin/redis-server", group)
        #expect(
            stores.map(\.role) == Array(repeating: .store, count: 3)
                + Array(repeating: .sentinel, count: 3))
        #expect(stores[0].arguments == ["/bin/redis-server", group.members[0].file])
        #expect(stores[5].arguments.last == "--sentinel")
        #expect(!stores.map(\.arguments).joined().joined().contains(group.password))
        let orchestrator = list.orchestrators(program: "batond", ports: [7400])[0]
        #expect(orchestrator.environment["BATOND_STORE"] == group.secretURL)
        #expect(orchestrator.environment["BATOND_PROFILE"] == "ha")
        let store = list.place
        #expect(store.url == group.url && store.password == "file:\(group.passwordFile)")
        #expect(store.title.contains("three Sentinels") && store.promise.contains("in a replica"))
    }

    @Test("A port is read as Redis writes it")
    func ports() {
        #expect(RedisGroup.port(in: "# port 1\nbind x\nport 17\nport 18\n") == 17)
        #expect(RedisGroup.port(in: "port x\n") == nil && RedisGroup.port(in: "ports 1") == nil)
    }
}
