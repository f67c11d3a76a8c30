import Testing

/// Plants what each rule forbids, and its lawful neighbour: a rule that lets everything pass proves
/// nothing.
@Suite("The rules") struct RuleTests {
    /// The lines at which any rule whose sentence begins so is broken by this text.
    private func lines(_ rule: String, _ text: String, at path: String = "Sources/Bus/Bus.swift")
        throws -> [Int]
    {
        let rules = Rule.all.filter { $0.sentence.hasPrefix(rule) }
        try #require(rules.count == 1, "\(rule) names \(rules.count) rules")
        return rules[0].violations(in: SourceFile(path: path, text: text)).map(\.line)
    }

    @Test("a file of 600 lines passes, one more does not")
    func fileLength() throws {
        #expect(try lines("a file has at most", String(repeating: "//\n", count: 600)) == [])
        #expect(try lines("a file has at most", String(repeating: "//\n", count: 601)) == [601])
    }

    @Test(
        "a function of 70 lines passes, one more does not",
        arguments: ["func long() {", "init(a: Int = { 1 }()) {"])
    func functionLength(head: String) throws {
        let text = { (count: Int) in
            "\n\(head)\n\(String(repeating: "  work()\n", count: count - 2))}\n"
        }
        #expect(try lines("a function has at most", text(70)) == [])
        #expect(try lines("a function has at most", text(71)) == [2])
    }

    @Test("a requirement without a body and a call of an initialiser have no length")
    func noBody() throws {
        let filler = String(repeating: "  var a: Int { get }\n", count: 80)
        #expect(try lines("a function has at most", "protocol P {\n  func f()\n\(filler)}\n") == [])
        #expect(
            try lines("a function has at most", "let a = P.init(1)\nlet b = {\n\(filler)}\n") == [])
    }

    @Test("a line is measured in characters, not bytes")
    func columns() throws {
        #expect(try lines("a line has at most", String(repeating: "ü", count: 100)) == [])
        #expect(try lines("a line has at most", "\n" + String(repeating: "-", count: 101)) == [2])
        #expect(
            try lines("a line has at most", String(repeating: "#", count: 101), at: "ops/run") == [
                1
            ])
    }

    @Test(
        "unchecked constructs are found",
        arguments: [
            "final class A: @unchecked Sendable {}", "nonisolated(unsafe) var a = 1", "try! f()",
            "a as! B",
            "fatalError(\"x\")", "let a = b!", "f()!.c", "a[0]!", "var a: B!", "\"\\(a!)\"",
            "a?.b!",
            "#\"\\#(a!)\"#", "\"\"\"\n\\(a!)\n\"\"\"",
        ])
    func unchecked(text: String) throws {
        #expect(try lines("unchecked constructs", text).count == 1)
        #expect(try lines("unchecked constructs", "// SAFETY: holds, because.\n\(text)") == [])
        let far = String(repeating: "\n", count: 9)
        #expect(try lines("unchecked constructs", "// SAFETY: holds.\(far)\(text)").count == 1)
    }

    @Test(
        "what only looks unchecked passes",
        arguments: [
            "if !a { }", "a != b", "a !== b", "f(!a)", "// try! this", "\"try! a!\"",
            "#if !DEBUG\n#endif",
            "x = \"fatalError(\"", "/* a! /* b! */ c! */", "#\"\\(a!)\"#", "[!a, !b]",
            "a! = b".replacing("!", with: ""),
        ])
    func notUnchecked(text: String) throws {
        #expect(try lines("unchecked constructs", text) == [])
    }

    @Test(
        "a loose task is found",
        arguments: [
            "Task { }", "Task(priority: .high) { }", "let a = Task { 1 }", "Task.init { }",
            "_ = Task(executorPreference: loop) {\n}",
        ])
    func looseTask(text: String) throws {
        #expect(try lines("a task is started", text) == [1])
        #expect(try lines("a task is started", text, at: "Sources/batond/Main.swift") == [])
    }

    @Test(
        "what only looks like a loose task passes",
        arguments: [
            "try await Task.sleep(for: a)", "Task.checkCancellation()", "let a: Task<Int, Never>",
            "// Task { }",
            "group.addTask { }", "struct Task { }".replacing("struct ", with: "."),
        ])
    func notLooseTask(text: String) throws {
        #expect(try lines("a task is started", text) == [])
    }

    @Test(
        "threads and detached tasks are found outside of Reactor",
        arguments: [
            "Task.detached { }", "DispatchQueue.main.async { }", "Thread { }",
            "pthread_create(a, b, c, d)",
        ])
    func threads(text: String) throws {
        #expect(try lines("no Task.detached", text) == [1])
        #expect(try lines("no Task.detached", text, at: "Sources/Reactor/EventLoop.swift") == [])
    }

    @Test(
        "a pointer given away is found",
        arguments: [
            ("package func raw() -> OpaquePointer { }", true),
            ("public var raw: UnsafeRawPointer? { nil }", true),
            ("package let raw: UnsafeMutablePointer<Int>", true),
            ("package static func all() throws -> [UnsafeRawBufferPointer] { }", true),
            ("package func withRaw(_ body: (OpaquePointer) -> Void) { }", false),
            ("package init(copying bytes: UnsafeRawBufferPointer) { }", false),
            ("package func append(_ bytes: UnsafeRawBufferPointer) -> Int { }", false),
            ("private let raw: OpaquePointer", false),
            ("package var count: Int { raw as UnsafePointer }", false),
        ])
    func pointers(text: String, isFound: Bool) throws {
        #expect(try lines("pointers leave", text) == (isFound ? [1] : []))
    }

    @Test(
        "an empty name is found, wherever the type stands",
        arguments: [
            ("struct BusManager { }", true), ("enum A { class StringUtils { } }", true),
            ("actor PeerInfo { }", true),
            ("protocol Manageable { }", false), ("let a = manager", false),
            ("// class BusManager", false),
            ("class func helper() { }", false),
        ])
    func names(text: String, isFound: Bool) throws {
        #expect(try lines("a type is named", text) == (isFound ? [1] : []))
    }

    @Test(
        "a file without the type it is named after is found",
        arguments: [
            ("Bus.swift", "struct Bus { }", true), ("Bus.swift", "struct Peer { }", false),
            ("Bus+Keys.swift", "extension Bus { }", true),
            ("Bus+Keys.swift", "extension Outer.Bus { }", true),
            ("Bus+Keys.swift", "struct Bus { }", false), ("Bus.swift", "extension Bus { }", false),
            ("main.swift", "run()", true),
        ])
    func fileNames(name: String, text: String, isFine: Bool) throws {
        #expect(
            try lines("a file is named", text, at: "Sources/Bus/\(name)") == (isFine ? [] : [1]))
    }

    @Test(
        "a file that does not say what it owns is found",
        arguments: [
            ("import Glibc\n\n/// Owns the bus.\nstruct Bus { }", []),
            ("/// Owns it.\nimport Glibc\nstruct Bus { }", []),
            ("import Glibc\n// Owns the bus.\nstruct Bus { }", [3]),
            ("struct Bus {\n/// late\n}", [1]), ("", []),
        ])
    func beginnings(text: String, found: [Int]) throws {
        #expect(try lines("a file begins with", text) == found)
    }

    @Test(
        "an arrow that goes up or sideways is found",
        arguments: [
            ("Sources/Wire/Wire.swift", "package import Document", true),
            ("Sources/Document/Document.swift", "import Wire", false),
            ("Sources/Telemetry/Log.swift", "internal import Reactor", false),
            ("Sources/Bus/Bus.swift", "import Orchestration", false),
            ("Sources/Bus/Bus.swift", "import struct Orchestration.Registry", false),
            ("Sources/baton/Main.swift", "import Orchestration", true),
            ("Sources/Invented/A.swift", "import Glibc", false),
        ])
    func arrows(path: String, text: String, isFine: Bool) throws {
        #expect(try lines("modules import only", text, at: path) == (isFine ? [] : [1]))
    }

    @Test("a C library is imported by its owner alone")
    func libraries() throws {
        #expect(try lines("each C library", "internal import CZeroMQ") == [])
        #expect(try lines("each C library", "\ninternal import CEvent") == [2])
    }

    @Test(
        "Foundation in any form, and what nobody knows, is found",
        arguments: [
            "import Foundation", "internal import FoundationEssentials",
            "@preconcurrency import Dispatch",
        ])
    func foundation(text: String) throws {
        #expect(try lines("no Foundation", text) == [1])
        #expect(try lines("no Foundation", "import Glibc\nimport Synchronization") == [])
        #expect(try lines("nothing is imported", "import Glibc\nimport Crypto") == [2])
    }

    @Test(
        "marks of unfinished work are found",
        arguments: ["// TODO: later", "// FIXME", "# a Placeholder", "not implemented"])
    func unfinished(text: String) throws {
        #expect(try lines("nothing is left", text, at: "ops/run") == [1])
        #expect(try lines("nothing is left", "todos are done in aXXXXXX", at: "ops/run") == [])
    }

    @Test(
        "words that point outside are found",
        arguments: ["see Issue #12", "cd /home/ann", "path: /work/x"])
    func outside(text: String) throws {
        #expect(try lines("the project speaks", text, at: "README.md") == [1])
        #expect(
            try lines(
                "the project speaks", "a network/home/page".replacing("/", with: " "),
                at: "README.md") == [])
    }

    @Test("rules leave alone what lies outside of their places")
    func places() throws {
        #expect(try lines("no Foundation", "import Foundation", at: "Tests/BusTests/A.swift") == [])
        #expect(try lines("a file has at most", "", at: "README.md") == [])
    }
}
