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

    @Test("keys that do not fit the addresses, or are none, are refused")
    func badKeys() {
        #expect(throws: Fault.self) {
            try ClientEndpoint.parse("tcp://a:1", keys: "\(Self.key),\(Self.other)")
        }
        #expect(throws: Fault.self) { try ClientEndpoint.parse("tcp://a:1", keys: "short") }
    }
}
