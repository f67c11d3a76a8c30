import Telemetry
import Testing

@testable import Bus

/// How the addresses of orchestrators are read.
@Suite struct ClientEndpointTests {
    private static let key = String(repeating: "k", count: 40)
    private static let other = String(repeating: "o", count: 40)

    @Test("one key stands for all addresses, local sockets need none")
    func oneKey() throws {
        let endpoints = try ClientEndpoint.parse(
            "tcp://10.0.0.1:7400, ipc:///run/b.sock,tcp://10.0.0.2:7400", keys: Self.key)
        #expect(endpoints.map(\.serverKey) == [Self.key, nil, Self.key])
        #expect(endpoints.map(\.isLocal) == [false, true, false])
    }

    @Test("keys stand in the order of the addresses")
    func keys() throws {
        let endpoints = try ClientEndpoint.parse(
            "tcp://a:1,tcp://b:2", keys: "\(Self.key),\(Self.other)")
        #expect(endpoints.map(\.serverKey) == [Self.key, Self.other])
    }

    @Test(
        "what is no address is refused",
        arguments: [
            "", " , ", "7400", "tcp://", "tcp://host", "tcp://host:99999", "http://host:1",
            "ipc://",
            "ipc://" + String(repeating: "x", count: 108),
        ])
    func refused(_ addresses: String) {
        #expect(throws: Fault.self) { try ClientEndpoint.parse(addresses) }
    }

    @Test(
        "another machine is not asked in the clear, where nobody would ever answer",
        arguments: [
            "tcp://10.0.0.1:7400", "tcp://127.0.0.1:1,tcp://192.168.1.2:1", "tcp://[fe80::1]:1",
        ])
    func inTheClear(_ addresses: String) throws {
        let fault = #expect(throws: Fault.self) { try ClientEndpoint.parse(addresses) }
        #expect(fault?.message.contains("BATON_SERVER_KEY") == true)
        #expect(throws: Never.self) { try ClientEndpoint.parse(addresses, keys: Self.key) }
    }

    @Test(
        "the loopback is asked in the clear, and a name, which may lead there",
        arguments: ["tcp://127.0.0.1:7400", "tcp://localhost:1", "tcp://[::1]:1", "tcp://o1:7400"])
    func loopback(_ address: String) {
        #expect(throws: Never.self) { try ClientEndpoint.parse(address) }
    }

    @Test("keys that do not fit the addresses, or are none, are refused")
    func badKeys() {
        #expect(throws: Fault.self) {
            try ClientEndpoint.parse("tcp://a:1", keys: "\(Self.key),\(Self.other)")
        }
        #expect(throws: Fault.self) { try ClientEndpoint.parse("tcp://a:1", keys: "short") }
    }
}
