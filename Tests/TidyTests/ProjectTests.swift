import TestKit
import Testing

/// Holds the whole project against the rules.
@Suite("The house") struct ProjectTests {
    private static let files: [SourceFile] = {
        let folders = ["Sources", "Tests", "ops", ".ci", "proto", "compose"]
        let inFolders = folders.flatMap { folder in
            FileTree.files(below: "\(Products.root)/\(folder)").map { "\(folder)/\($0)" }
        }
        return (inFolders + ["Package.swift", "README.md"]).filter(isText).compactMap { path in
            guard let text = try? FileTree.text(of: "\(Products.root)/\(path)") else { return nil }
            return SourceFile(path: path, text: text)
        }
    }()

    private static func isText(_ path: String) -> Bool {
        !path.contains("/corpus/") && !path.hasSuffix(".bin") && !path.contains("/.build/")
            && !path.contains("/__pycache__/")
    }

    @Test("every file keeps the rule", arguments: Rule.all)
    func rules(rule: Rule) {
        let violations = Self.files.flatMap(rule.violations)
        let shown = violations.prefix(40).map { "\n  \($0)" }.joined()
        let rest = violations.count > 40 ? "\n  and \(violations.count - 40) more" : ""
        if !violations.isEmpty { Issue.record("rule: \(rule.sentence)\(shown)\(rest)") }
    }

    @Test("there is something to hold the rules against")
    func isNotEmpty() {
        #expect(Self.files.filter { $0.path.hasPrefix("Sources/") }.count > 10)
        #expect(Self.files.contains { $0.path == "Package.swift" })
    }

    @Test("the top level shows nothing but what the house is made of")
    func topLevel() throws {
        guard case .folder(let names)? = FileTree.kind(of: Products.root) else {
            Issue.record("\(Products.root) is no folder")
            return
        }
        let visible = Set(names.filter { !$0.hasPrefix(".") })
        #expect(visible.subtracting(House.topLevel) == [])
        #expect(House.topLevelRequired.subtracting(visible) == [])
    }

    @Test("each folder of Sources is a module with its arrows")
    func modules() {
        guard case .folder(let names)? = FileTree.kind(of: "\(Products.root)/Sources") else {
            return
        }
        #expect(Set(names).subtracting(["C"]) == Set(House.arrows.keys))
        guard case .folder(let libraries)? = FileTree.kind(of: "\(Products.root)/Sources/C") else {
            return
        }
        #expect(Set(libraries.map { "C\($0)" }) == Set(House.libraries.keys))
    }

    @Test("no two modules import each other")
    func noCircles() {
        for (module, below) in House.arrows {
            for other in below {
                #expect(House.arrows[other]?.contains(module) == false, "\(module) and \(other)")
            }
        }
    }

    @Test("the README names the two commands", arguments: ["ops/run", "ops/test"])
    func readme(command: String) {
        let page = Self.files.first { $0.path == "README.md" }
        #expect(page?.lines.contains { $0.contains(command) } == true)
    }

    @Test("each command of ops can be run and explains itself")
    func commands() {
        for file in Self.files where file.isIn(["ops/"]) && isCommand(file) {
            #expect(
                FileTree.kind(of: "\(Products.root)/\(file.path)") == .file(isExecutable: true),
                "\(file.path) is not executable")
            #expect(file.lines.contains { $0.contains("--help)") }, "\(file.path) has no --help")
        }
    }

    /// A file right in `ops` that is not hidden and has no ending.
    private func isCommand(_ file: SourceFile) -> Bool {
        file.path.split(separator: "/").count == 2 && !file.name.contains(".")
    }

    @Test("each decoder of outside bytes has a fuzz target with a corpus")
    func decoders() {
        let declared = Set(
            Self.files.filter { $0.module != nil }.flatMap(declaredTypes).map(\.text))
        for (decoder, target) in House.decoders {
            #expect(declared.contains(decoder), "\(decoder) is gone: take it off House.decoders")
            let corpus = FileTree.files(below: "\(Products.root)/Tests/Fuzz/\(target)/corpus")
            #expect(!corpus.isEmpty, "Tests/Fuzz/\(target)/corpus is missing or empty")
        }
    }
}
