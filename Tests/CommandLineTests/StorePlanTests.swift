import Document
import Store
import Telemetry
import Testing

@testable import baton

@Suite struct StorePlanTests {
    private func plan(_ text: String) throws -> StorePlan {
        try SystemFile.decode(YAML.parse(text, source: "baton.yaml")).store
    }

    @Test("Without a word a cluster has a Redis of its own; the command line goes before the file")
    func order() throws {
        #expect(try plan("") == StorePlan())
        var plan = try plan("store: {redis: memory, profile: single, prefix: 'p:'}")
        #expect(plan.place == .memory && plan.profile == .single && plan.prefix == "p:")
        try plan.choose(store: "private", profile: "dev")
        #expect(plan.place == .own && plan.profile == .dev)
        try plan.choose(store: "redis://h:1", profile: nil)
        #expect(plan.place == .elsewhere("redis://h:1"))
    }

    @Test(
        "What is no store is a mistake of the command line, and a password is not repeated",
        arguments: ["", "disk", "http://h", "unix:relative", "redis://a b", "redis://me:secret@ h"])
    func refused(word: String) {
        var plan = StorePlan()
        let fault = #expect(throws: Fault.self) { try plan.choose(store: word, profile: nil) }
        #expect(fault?.has(Exit.usage) == true)
        #expect(fault?.message.contains("secret") == false)
        #expect(throws: Fault.self) { try plan.choose(store: "memory", profile: "dev") }
    }

    @Test("Orchestrators learn of the store where nobody sees it, and workers do not learn of it")
    func children() throws {
        var system = SystemFile.standard
        try system.store.choose(store: "redis://me:secret@h:1", profile: "single")
        let list = ChildList(
            folder: ClusterFolder(directory: "/srv"), system: system,
            variables: ["BATON_STORE": "redis://me:secret@h:1"])
        let orchestrator = list.orchestrators(program: "batond", ports: [7400])[0]
        #expect(!orchestrator.arguments.joined().contains("secret"))
        #expect(orchestrator.environment["BATOND_STORE"] == "redis://me:secret@h:1")
        #expect(orchestrator.environment["BATOND_PROFILE"] == "single")
        #expect(list.workers { $0 }[0].environment["BATON_STORE"] == nil)
        #expect(!JSON.text(list.place.value).contains("secret"))
        #expect(!list.place.title.contains("secret"))
    }

    @Test("The private Redis is told its place and its profile, and never to forget")
    func redis() throws {
        var system = SystemFile.standard
        try system.store.choose(store: nil, profile: "single")
        let list = ChildList(
            folder: ClusterFolder(directory: "/srv"), system: system, variables: [:])
        let store = list.store(program: "/bin/redis-server")
        let words = store.arguments.joined(separator: " ")
        for part in [
            "--port 0", "--unixsocket /srv/.baton/redis.sock", "--dir /srv/.baton/redis",
            "--appendfsync always", "--maxmemory-policy noeviction", "--save  ",
        ] {
            #expect(words.contains(part), "\(part)")
        }
        #expect(list.place.url == "unix:/srv/.baton/redis.sock")
        #expect(store.policy.announcesReady)
    }

    @Test(
        "A version is read as Redis writes it, and 7.0 is the oldest that will do",
        arguments: [
            ("Redis server v=7.0.15 sha=0:0 malloc=x", "7.0.15", true),
            ("Redis server v=6.2.14 sha=0", "6.2.14", false), ("x v=7", "7", false),
            ("x v=10.1", "10.1", true), ("v=a.b", "a.b", false), ("v=-7.-1", "-7.-1", false),
        ])
    func versions(text: String, version: String, isNewEnough: Bool) {
        #expect(RedisProgram.version(in: text) == version)
        #expect(RedisProgram.isNewEnough(version) == isNewEnough)
        #expect(RedisProgram.version(in: "") == nil)
    }

    @Test("A line of Redis becomes a line of the log; whatever else it writes stays as it is")
    func lines() throws {
        let time = Timestamp(milliseconds: 0)
        let line = RedisLine.logged("1:M 21 Nov 2026 18:00:00.123 # Out of \"room\"", at: time)
        #expect(
            line == #"{"time":"1970-01-01T00:00:00.000Z","level":"warning","component":"redis","#
                + #""message":"Out of \"room\""}"#)
        for other in ["", "Segmentation fault", "a b c d e f g", "1:M 2 3 4 5 ? g", "1:M * x"] {
            #expect(RedisLine.logged(other) == other)
        }
    }
}
