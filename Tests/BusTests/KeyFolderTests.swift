import Bus
import Document
import Glibc
import Telemetry
import TestKit
import Testing

@testable import Bus

/// Keys on disk: made once, read with care, and the list of who is let in.
@Suite struct KeyFolderTests {
    private func mode(_ path: String) -> UInt32 {
        var status = stat()
        _ = unsafe stat(path, &status)
        return status.st_mode & 0o777
    }

    private func refusal(_ list: String) throws -> String {
        let folder = try TemporaryFolder()
        try folder.write(list, to: "allow.yaml")
        do throws(Fault) {
            _ = try KeyFolder(path: folder.path).allowed()
            return "taken"
        } catch {
            return error.message
        }
    }

    @Test("a fresh folder has a server's key, one for each role, and a list that lets them in")
    func make() throws {
        let folder = try TemporaryFolder()
        let keys = KeyFolder(path: folder.file("keys"))
        #expect(!keys.exists)
        try keys.make()
        #expect(keys.exists)
        #expect(mode(keys.path) == 0o700)
        for name in ["server", "worker", "client", "operator"] {
            #expect(mode(keys.file(of: name)) == 0o600)
            let pair = try keys.pair(name)
            #expect(pair.name == name && pair.public != pair.secret)
            // Whoever is given a file needs nothing else to know whom to trust.
            #expect(try pair.server == (name == "server" ? nil : keys.pair("server").public))
        }
        let allowed = try keys.allowed()
        #expect(allowed.count == 3)
        #expect(allowed[try keys.pair("operator").public]?.role == .operator)
        #expect(allowed[try keys.pair("server").public] == nil)
    }

    @Test("keys are never replaced")
    func refusesToReplace() throws {
        let folder = try TemporaryFolder()
        let keys = KeyFolder(path: folder.file("keys"))
        try keys.make()
        let before = try keys.pair("server")
        let fault = #expect(throws: Fault.self) { try keys.make() }
        #expect(fault?.has(BusCode.keyFile) == true)
        #expect(try keys.pair("server") == before)
    }

    @Test("a secret that others can read is refused")
    func exposed() throws {
        let folder = try TemporaryFolder()
        let keys = KeyFolder(path: folder.file("keys"))
        try keys.make()
        for mode in [mode_t(0o644), 0o640, 0o604, 0o666] {
            _ = unsafe chmod(keys.file(of: "server"), mode)
            #expect(throws: Fault.self) { try keys.pair("server") }
        }
        _ = unsafe chmod(keys.file(of: "server"), 0o400)
        #expect(throws: Never.self) { try keys.pair("server") }
        #expect(throws: Fault.self) { try keys.pair("missing") }
    }

    @Test("a key file with anything but two keys is refused")
    func damaged() throws {
        let folder = try TemporaryFolder()
        for text in ["", "{}", "[]", "{\"name\":\"x\",\"public\":\"a\",\"secret\":\"b\"}", "\u{0}"]
        {
            try folder.write(text, to: "x.json")
            #expect(throws: Fault.self) { try KeyFolder(path: folder.path).pair("x") }
        }
    }

    @Test("a list with anything doubtful is refused with the reason")
    func badLists() throws {
        let key = "0123456789012345678901234567890123456789"
        let table = [
            ("a.b:\n  key: \"\(key)\"\n  role: worker\n", "no dot"),
            ("local:\n  key: \"\(key)\"\n  role: worker\n", "reserved"),
            ("anonymous:\n  key: \"\(key)\"\n  role: worker\n", "reserved"),
            ("Big Name:\n  key: \"\(key)\"\n  role: worker\n", "a-z"),
            ("a:\n  key: \"short\"\n  role: worker\n", "40 characters"),
            ("a:\n  key: \"\(key)\"\n  role: king\n", "a role is one of"),
            ("a:\n  role: worker\n", "key"),
            ("a:\n  key: \"\(key)\"\n", "role"),
            ("a:\n  key: \"\(key)\"\n  role: worker\n  tenant: \"a b\"\n", "a-z"),
            ("a:\n  key: \"\(key)\"\n  role: worker\n  colour: red\n", "colour"),
            (
                "a:\n  key: \"\(key)\"\n  role: worker\nb:\n  key: \"\(key)\"\n  role: client\n",
                "listed twice"
            ),
            ("- a\n", ""),
        ]
        for (list, reason) in table {
            let message = try refusal(list)
            #expect(message != "taken" && (reason.isEmpty || message.contains(reason)), "\(list)")
        }
        let message = try refusal("# nobody\n")
        #expect(message == "taken")
    }

    private func made() throws -> (TemporaryFolder, KeyFolder) {
        let folder = try TemporaryFolder()
        let keys = KeyFolder(path: folder.file("keys"))
        try keys.make()
        return (folder, keys)
    }

    @Test("one more key is made and let in by one step, and nobody else loses theirs")
    func adds() throws {
        let (folder, keys) = try made()
        defer { withExtendedLifetime(folder) {} }
        let before = try keys.admitted()
        let upper = Identity(
            name: "upper", role: .worker, agents: ["upper", "cost-*"], tenant: "shop")
        let pair = try keys.add(upper)
        #expect(try keys.pair("upper") == pair)
        #expect(mode(keys.file(of: "upper")) == 0o600)
        #expect(try pair.server == keys.pair("server").public)
        let after = try keys.admitted()
        #expect(after[pair.public] == upper)
        #expect(after.count == before.count + 1 && before.allSatisfy { after[$0.key] == $0.value })
    }

    @Test("every name a key may have stands on the list as that name")
    func names() throws {
        let (folder, keys) = try made()
        defer { withExtendedLifetime(folder) {} }
        for name in ["null", "true", "1", "1e3", "0x10", "-", "_", "y", "no"] {
            let identity = Identity(name: name, role: .client)
            let key = try keys.add(identity).public
            #expect(try keys.allowed()[key] == identity, "\(name)")
        }
    }

    @Test(
        "a name that is there, reserved or no name is refused, and nothing is written",
        arguments: ["worker", "server", "local", "anonymous", "a.b", "A", "", "../x"])
    func refusesName(name: String) throws {
        let (folder, keys) = try made()
        let list = try Files.read(keys.allowList, limit: 4096)
        #expect(throws: Fault.self) { try keys.add(Identity(name: name, role: .client)) }
        #expect(try Files.read(keys.allowList, limit: 4096) == list)
        #expect(try keys.admitted().count == 4)
        #expect(unsafe access(folder.file("x.json"), F_OK) != 0)
    }

    @Test("a list without its last line end is continued on a line of its own")
    func unfinishedList() throws {
        let (folder, keys) = try made()
        let text = String(decoding: try Files.read(keys.allowList, limit: 4096), as: UTF8.self)
        try folder.write(String(text.dropLast()), to: "keys/allow.yaml")
        _ = try keys.add(Identity(name: "more", role: .client))
        #expect(try keys.allowed().count == 4)
    }

    @Test("a list that cannot be continued stays as it is, without a key that is on no list")
    func strangeList() throws {
        let (folder, keys) = try made()
        for list in ["{}\n", "worker: [\n", "- a\n"] {
            try folder.write(list, to: "keys/allow.yaml")
            #expect(throws: Fault.self) { try keys.add(Identity(name: "more", role: .client)) }
            #expect(unsafe access(keys.file(of: "more"), F_OK) != 0)
        }
    }
}
