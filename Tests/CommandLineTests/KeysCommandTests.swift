import Bus
import Testing

@testable import baton

@Suite struct KeysCommandTests {
    private func made() async throws -> (TemporaryFolder, KeyFolder) {
        let folder = try TemporaryFolder()
        let result = await Harness(folder: folder.path).run("keys", "init", "--out", "keys")
        #expect(result.exit == .ok)
        return (folder, KeyFolder(path: "\(folder.path)/keys"))
    }

    @Test("keys add makes a key for a role and says where it is and when it counts")
    func adds() async throws {
        let (folder, keys) = try await made()
        let result = await Harness(folder: folder.path).run(
            "keys", "add", "gpu-1", "--role", "worker", "--agents", "draw,cost-*", "--keys", "keys")
        #expect(result.exit == .ok && result.errors == "")
        #expect(result.output.contains("wrote \(keys.file(of: "gpu-1"))\n"))
        #expect(result.output.contains("gpu-1 is let in as worker once batond has read its list"))
        let pair = try keys.pair("gpu-1")
        #expect(try keys.allowed()[pair.public]?.agents == ["draw", "cost-*"])
        #expect(!result.output.contains(pair.secret))
    }

    @Test("keys add for programs is one object")
    func addsForPrograms() async throws {
        let (folder, keys) = try await made()
        let result = await Harness(folder: folder.path).run(
            "keys", "add", "shop", "--role", "client", "--tenant", "shop", "--keys", "keys",
            "--json")
        let file = keys.file(of: "shop")
        #expect(
            result.output
                == #"{"name":"shop","role":"client","file":"\#(file)","orchestrators_told":0}"#
                + "\n")
        #expect(try keys.allowed()[keys.pair("shop").public]?.tenant == "shop")
    }

    @Test(
        "keys add says what it cannot use, and writes nothing",
        arguments: [
            (["add", "x"], "keys add needs --role: one of worker, client, operator", Exit.usage),
            (["add", "x", "--role", "king"], "must be one of", .usage),
            (["add", "X", "--role", "client"], "must be 1 to 64 characters", .usage),
            (["add", "a.b", "--role", "client"], "no dot", .notPermitted),
            (["add", "worker", "--role", "client"], "on the list already", .notPermitted),
            (["add", "server", "--role", "client"], "belongs to the server", .notPermitted),
            (["add", "x", "--role", "client", "--agents", "a"], "role worker", .usage),
            (["add", "x", "--role", "worker", "--agents", "a,,b"], "takes names", .usage),
            (["add", "x", "--role", "worker", "--agents", "a b"], "takes names", .usage),
        ])
    func refuses(words: [String], reason: String, exit: Exit) async throws {
        let (folder, keys) = try await made()
        let before = try folder.read("keys/allow.yaml")
        let result = await Harness(folder: folder.path).run(["keys"] + words + ["--keys", "keys"])
        #expect(result.exit == exit && result.errors.contains(reason), "\(result.errors)")
        #expect(try folder.read("keys/allow.yaml") == before)
        #expect(!File.exists(keys.file(of: "x")))
    }

    @Test("keys add where there are none says how to make the first")
    func none() async throws {
        let folder = try TemporaryFolder()
        let result = await Harness(folder: folder.path).run("keys", "add", "x", "--role", "client")
        #expect(result.exit == .noInput && result.errors.contains("baton keys init"))
    }
}
