import Bus
import Telemetry
import Testing

@testable import Bus

/// Who is let in where, as tables.
@Suite struct DoorTests {
    private let worker = Identity(name: "w", role: .worker)
    private let boss = Identity(name: "boss", role: .operator)

    private func gatekeeper(isOpen: Bool) -> Gatekeeper {
        Gatekeeper(allowed: ["worker-key": worker, "boss-key": boss], isOpen: isOpen, user: 1000)
    }

    @Test("B3 B4 a closed bus takes known keys alone; the tap takes an operator's")
    func keys() {
        let table: [(Gatekeeper.Proof, Gatekeeper.Door, Identity?)] = [
            (.nothing, .bus, nil), (.nothing, .tap, nil),
            (.key("worker-key"), .bus, worker), (.key("worker-key"), .tap, nil),
            (.key("boss-key"), .bus, boss), (.key("boss-key"), .tap, boss),
            (.key("unknown"), .bus, nil), (.key("unknown"), .tap, nil), (.key(""), .bus, nil),
            (.key("boss-key"), .local, nil),
        ]
        for (proof, door, identity) in table {
            let decision = gatekeeper(isOpen: false).decide(proof, at: door, from: "10.0.0.1")
            switch decision {
            case .allow(let who): #expect(who == identity)
            case .deny(let reason): #expect(identity == nil && !reason.isEmpty)
            }
        }
    }

    @Test("a list that is replaced lets in whom it names, and nobody it no longer names")
    func replaced() {
        let keeper = gatekeeper(isOpen: false)
        let more = Identity(name: "more", role: .client)
        keeper.admit(["boss-key": boss, "more-key": more])
        #expect(keeper.decide(.key("more-key"), at: .bus, from: "10.0.0.1") == .allow(more))
        #expect(keeper.decide(.key("boss-key"), at: .tap, from: "10.0.0.1") == .allow(boss))
        #expect(
            keeper.decide(.key("worker-key"), at: .bus, from: "10.0.0.1")
                == .deny("this key is not on the allow list"))
        #expect(keeper.identity(named: "more") == more)
        #expect(keeper.identity(named: "w") == nil)
    }

    @Test("an open bus takes those without a key as anonymous")
    func open() {
        let open = gatekeeper(isOpen: true)
        #expect(open.decide(.nothing, at: .bus, from: "127.0.0.1") == .allow(.anonymous))
        #expect(open.identity(named: "anonymous") == .anonymous)
        #expect(gatekeeper(isOpen: false).identity(named: "anonymous") == nil)
        #expect(gatekeeper(isOpen: false).identity(named: "boss") == boss)
        #expect(gatekeeper(isOpen: false).identity(named: "nobody") == nil)
    }

    @Test("the local socket takes processes of its user and of root, and nobody it cannot tell")
    func local() {
        for (address, isAllowed) in [
            ("localhost:1000:1000:42", true), (":1000:1000:42", true), (":0:0:1", true),
            (":1001:1000:42", false), ("", false),
            (":x:1:1", false), ("1000", false), (":-1:0:0", false), (":4294967296:0:0", false),
        ] {
            let decision = gatekeeper(isOpen: true).decide(.nothing, at: .local, from: address)
            #expect((decision == .allow(.local)) == isAllowed, "\(address)")
        }
    }

    @Test("B5 a routing id is the name of its key, or that, a dot and a suffix")
    func routingIDs() {
        let table = [
            ("w", true), ("w.1", true), ("w.", true), ("w1", false), ("", false), ("boss", false),
            ("x.w", false), ("W", false),
        ]
        for (name, isAllowed) in table { #expect(worker.mayUse(routingID: name) == isAllowed) }
        #expect(Identity.local.mayUse(routingID: "anything"))
    }

    @Test("B51 an address is checked before anything is bound, and without keys it is loopback")
    func addresses() throws {
        func check(_ address: String, _ key: KeyPair? = nil) -> BusCode? {
            let endpoints = ServerEndpoints(
                bus: address, broadcast: "tcp://127.0.0.1:0", tap: "tcp://127.0.0.1:0", key: key)
            do throws(Fault) {
                try endpoints.check()
                return nil
            } catch {
                return error.code as? BusCode
            }
        }
        for address in ["tcp://127.0.0.1:0", "tcp://[::1]:7400", "tcp://localhost:1"] {
            #expect(check(address) == nil, "\(address)")
        }
        let pair = try KeyPair.make(name: "server")
        for address in [
            "tcp://0.0.0.0:7400", "tcp://*:7400", "tcp://10.1.2.3:7400", "tcp://127.evil.org:7400",
            "tcp://127.0.0.1.evil.org:7400", "tcp://localhost.evil.org:1", "tcp://[::]:1",
        ] {
            #expect(check(address) == .notPermitted, "\(address)")
            #expect(check(address, pair) == nil, "\(address)")
        }
        for address in [
            "", "tcp://", "tcp://:7400", "tcp://h", "tcp://h:65536", "tcp://h:-1", "tcp://h:x",
            "ipc:///tmp/x", "http://127.0.0.1:1", "tcp://a b:1", "tcp://h/x:1",
        ] {
            #expect(check(address, pair) == .addressRefused, "\(address)")
        }
    }

    @Test("the path of a socket has one to 105 bytes, for broadcasts have two more")
    func paths() {
        for (length, isFine) in [(0, false), (1, true), (105, true), (106, false)] {
            var endpoints = ServerEndpoints(
                bus: "tcp://127.0.0.1:0", broadcast: "tcp://127.0.0.1:0", tap: "tcp://127.0.0.1:0")
            endpoints.socket = String(repeating: "x", count: length)
            let isTaken = (try? endpoints.check()) != nil
            #expect(isTaken == isFine)
        }
    }
}

/// Peers by name, number and connection.
@Suite struct PeerTableTests {
    private func find(_ table: PeerTable, _ name: [UInt8]) -> PeerID? {
        unsafe table.find(name.span.bytes)?.0
    }

    @Test("numbers are used again, and never name their old owner")
    func numbers() {
        var table = PeerTable()
        let first = table.add("a", owner: "k", descriptor: 5)
        table.remove(first)
        let second = table.add("b", owner: "k", descriptor: 5)
        #expect(first.index == second.index && first != second)
        #expect(table.name(first) == nil && table.name(second) == "b")
        #expect(find(table, Array("a".utf8)) == nil && find(table, Array("b".utf8)) == second)
        table.remove(first)
        #expect(table.name(second) == "b")
    }

    @Test("B6 bytes that are no name find nobody")
    func strangeNames() {
        var table = PeerTable()
        _ = table.add("a", owner: "k", descriptor: 5)
        for name: [UInt8] in [
            [], [0], [0, 97], [97, 0], [0xff], [UInt8](repeating: 97, count: 255),
        ] {
            #expect(find(table, name) == nil)
        }
    }

    @Test(
        "a closed connection tells whose it was, once, and a descriptor given again is another one")
    func connections() {
        var table = PeerTable()
        let first = table.add("a", owner: "k", descriptor: 5)
        let second = table.add("b", owner: "k", descriptor: 6)
        #expect(table.disconnect(5) == [first])
        #expect(table.disconnect(5).isEmpty && table.disconnect(99).isEmpty)
        let third = table.add("c", owner: "k", descriptor: 5)
        #expect(table.disconnect(5) == [third])
        let wasOpen = table.connect(first, 5)
        #expect(!wasOpen && table.disconnect(5) == [first])
        let moved = table.connect(second, 7)
        #expect(moved && table.disconnect(6).isEmpty && table.disconnect(7) == [second])
    }
}
