import Reactor
import TestKit
import Testing

/// The kit itself, because every other test leans on it.
@Suite("The test kit") struct TestKitTests {
    @Test("a temporary folder is private and takes everything along when it goes")
    func temporaryFolder() throws {
        var folder: TemporaryFolder? = try TemporaryFolder()
        let path = try #require(folder?.path)
        #expect(path.utf8.count < 30)
        _ = try folder?.folder("inner")
        try folder?.write("text", to: "inner/file")
        #expect(FileTree.files(below: path) == ["inner/file"])
        #expect(try FileTree.text(of: "\(path)/inner/file") == "text")
        folder = nil
        #expect(FileTree.kind(of: path) == nil)
    }

    @Test("reserved ports differ while they are held")
    func ports() throws {
        let ports = try (0..<20).map { _ in try ReservedPort() }
        #expect(Set(ports.map(\.number)).count == 20)
        #expect(ports[0].endpoint == "tcp://127.0.0.1:\(ports[0].number)")
    }

    @Test("the generator gives the numbers of its seed")
    func random() {
        var random = SplitMix64(seed: 1_234_567)
        let numbers = (0..<3).map { _ in random.next() }
        #expect(
            numbers == [
                6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
            ])
    }

    @Test("virtual time passes when it is told to")
    func clock() {
        var clock = VirtualClock()
        clock.advance(by: .seconds(2))
        clock.advance(by: .milliseconds(1))
        #expect(clock.now == Instant(nanoseconds: 2_001_000_000))
    }

    @Test("the programs lie beside the tests and the project around them")
    func products() {
        #expect(FileTree.kind(of: Products.path(of: "batond")) == .file(isExecutable: true))
        #expect(FileTree.kind(of: "\(Products.root)/Package.swift") == .file(isExecutable: false))
    }

    @Test("a child's environment has nothing of the machine's but its programs")
    func environment() throws {
        let home = try TemporaryFolder()
        var environment = TemporaryEnvironment(home: home)
        environment.variables["BATON_DIR"] = "x"
        #expect(environment.entries.first == "BATON_DIR=x")
        #expect(environment.entries.contains("HOME=\(home.path)"))
        #expect(environment.entries.count == 6)
    }

    @Test("an absent file is an error that names it")
    func absent() {
        #expect(throws: SystemError.self) { try FileTree.bytes(of: "/nowhere/at all") }
        #expect(FileTree.files(below: "/nowhere") == [])
    }
}
