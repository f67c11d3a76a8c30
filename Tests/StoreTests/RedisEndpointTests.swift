import Telemetry
import Testing

@testable import Store

@Suite struct RedisEndpointTests {
    @Test(
        "An address of Redis is read as people write it",
        arguments: [
            ("unix:/run/redis.sock", RedisEndpoint(.unix("/run/redis.sock"))),
            ("unix:///run/r.sock", RedisEndpoint(.unix("/run/r.sock"))),
            ("unix:/r.sock?db=3", RedisEndpoint(.unix("/r.sock"), database: 3)),
            ("redis://localhost", RedisEndpoint(.tcp(host: "localhost", port: 6379))),
            ("redis://10.0.0.1:7000/2", .init(.tcp(host: "10.0.0.1", port: 7000), database: 2)),
            ("redis://[::1]:6380", RedisEndpoint(.tcp(host: "::1", port: 6380))),
            ("redis://[::1]/", RedisEndpoint(.tcp(host: "::1", port: 6379))),
            ("redis://:pw@h", RedisEndpoint(.tcp(host: "h", port: 6379), password: "pw")),
            (
                "redis://me:p%40ss:w@h",
                RedisEndpoint(.tcp(host: "h", port: 6379), user: "me", password: "p@ss:w")
            ),
            ("redis://me@h", RedisEndpoint(.tcp(host: "h", port: 6379), user: "me")),
            ("sentinel://10.0.0.1/m", .init(.sentinels([.init("10.0.0.1", 26_379)], master: "m"))),
            (
                "sentinel://:p%40@localhost:1,[::1]:2,10.0.0.1:3,10.0.0.1:3/my-m.1_x/2",
                RedisEndpoint(
                    .sentinels(
                        [.init("127.0.0.1", 1), .init("::1", 2), .init("10.0.0.1", 3)],
                        master: "my-m.1_x"), password: "p@", database: 2)
            ),
        ])
    func addresses(text: String, endpoint: RedisEndpoint) throws {
        #expect(try RedisEndpoint(text) == endpoint)
    }

    @Test(
        "What is no address of Redis is refused, with a complaint that never holds the password",
        arguments: [
            "", "redis", "unix:", "unix:relative", "unix:/", "unix:/a?db=x", "unix:/a?secret=1",
            "unix:/\0", "redis://", "redis://:secret@", "redis://:secret@h:0",
            "redis://:secret@h:70000", "redis://:secret@h:x", "redis://:secret@h/16384",
            "redis://:secret@h/-1", "redis://:secret%4@h", "redis://:secret%zz@h",
            "redis://:secret%ff@h", "rediss://:secret@h", "redis://[::1", "redis://[::1]x",
            "redis://a b", "sentinel://", "sentinel://10.0.0.1", "sentinel://10.0.0.1/",
            "sentinel:///m", "sentinel://10.0.0.1,/m", "sentinel://:secret@db.example/m",
            "sentinel://10.0.0.1:0/m", "sentinel://10.0.0.1/m/x", "sentinel://10.0.0.1/m/0/0",
            "sentinel://10.0.0.1/a b", "sentinel://10.0.0.1:secret/m", "sentinel://10.0.0.256/m",
            "sentinel://" + (1...17).map { "10.0.0.\($0)" }.joined(separator: ",") + "/m",
            "http://h", "unix:/" + String(repeating: "a", count: 107),
        ])
    func refused(text: String) {
        let fault = #expect(throws: Fault.self) { try RedisEndpoint(text) }
        #expect(fault?.has(StoreCode.address) == true)
        #expect(fault?.description.contains("secret") == false)
    }

    @Test("A password shows in no description and no dump")
    func secrecy() throws {
        let endpoint = try RedisEndpoint("redis://me:hidden@[::1]/1")
        #expect("\(endpoint)" == "redis://me@[::1]:6379/1")
        var dumped = ""
        dump(endpoint, to: &dumped)
        #expect(!"\(endpoint) \(String(reflecting: endpoint)) \(dumped)".contains("hidden"))
        #expect("\(try RedisEndpoint("unix:/a?db=1"))" == "unix:/a?db=1")
        let sentinels = try RedisEndpoint("sentinel://me:hidden@10.0.0.1,[::1]:7/m/3")
        #expect("\(sentinels)" == "sentinel://me@10.0.0.1:26379,[::1]:7/m/3")
    }
}
