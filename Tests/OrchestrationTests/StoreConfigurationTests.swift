import Document
import Store
import Telemetry
import Testing

@testable import Orchestration

/// The section `store` of `baton.yaml`.
@Suite struct StoreConfigurationTests {
    private func read(_ text: String) throws(Fault) -> Configuration {
        try Configuration(YAML.parse(Array(text.utf8), source: "baton.yaml"))
    }

    @Test("all of the store can be set; an instance stops when seven tenths of its lease are over")
    func whole() throws {
        let configuration = try read(
            """
            store:
              redis: redis://me@db.example:6379/2
              profile: single
              password: env:REDIS_PASSWORD
              prefix: "mine:"
              retention: 5s
              finished_kept: 10
              finished_bytes: 1MiB
              dead_kept: 11
              ready: 12
              tenant_in_flight: 13
              session_idle: 2h
              sessions_kept: 14
              session_bytes: 2MiB
              lease: 10s
              renewal: 1s
              grace: 4s
              deadline: 500ms
            """)
        let store = configuration.store
        #expect(configuration.redis == "redis://me@db.example:6379/2")
        #expect(configuration.password == "env:REDIS_PASSWORD")
        #expect(store.profile == .single && store.prefix == "mine:")
        #expect(store.retention == .seconds(5) && store.finishedKept == 10)
        #expect(store.finishedBytes == 1 << 20 && store.deadKept == 11 && store.ready == 12)
        #expect(store.sessionIdle == .seconds(7200) && store.sessionsKept == 14)
        #expect(store.sessionBytes == 2 << 20)
        #expect(store.tenantInFlight == 13 && store.lease == .seconds(10))
        #expect(store.fence == .seconds(7) && store.renewal == .seconds(1))
        #expect(store.grace == .seconds(4) && store.deadline == .milliseconds(500))
    }

    @Test(
        "B52 what would lose requests or cannot be meant is refused with its place",
        arguments: [
            "{lease: 1s, renewal: 400ms}", "{renewal: 2s}", "{lease: 0s}", "{renewal: 0ms}",
            "{grace: 0s}", "{deadline: 0s}", "{deadline: 5s}", "{lease: -1s}", "{ready: 0}",
            "{finished_kept: -1}", "{finished_bytes: 0}", "{dead_kept: 0}", "{retention: 0s}",
            "{tenant_in_flight: 0}", "{session_idle: 0s}", "{sessions_kept: 0}",
            "{session_bytes: 0}", "{profile: fast}", "{redis: here}", "{redis: unix:}",
            "{redis: 'unix:a/b'}", "{redis: redis://}", "{redis: 'redis://a b'}",
            "{redis: 'redis://me:secret@host'}", "{password: secret}", "{password: 'env:'}",
            "{password: 'file:a'}", "{prefix: ''}", "{prefix: 'a*'}", "{prefix: '{a}'}",
            "{prefix: a b}", "{redsi: private}", "[]", "private",
        ])
    func refused(section: String) throws {
        for read in [{ try Configuration($0) }, { try Configuration(storeOf: $0) }] {
            let fault = #expect(throws: Fault.self) {
                try read(YAML.parse(Array("store: \(section)\n".utf8), source: "baton.yaml"))
            }
            #expect(fault?.place?.hasPrefix("baton.yaml:1:") == true, "\(section)")
            #expect(fault.map { "\($0)".contains("secret") } == false)
        }
    }

    @Test(
        "an address is shown without the password that stands in it",
        arguments: [
            ("redis://me:p@ss@host:1/2", "redis://me:***@host:1/2"),
            ("redis://:pw@host", "redis://:***@host"), ("redis://me@host", "redis://me@host"),
            ("redis://host:6379", "redis://host:6379"), ("unix:/a:b@c", "unix:/a:b@c"),
            ("memory", "memory"),
        ])
    func shown(address: String, expected: String) {
        #expect(Setting.shown(address) == expected)
    }
}
