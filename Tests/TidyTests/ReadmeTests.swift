import TestKit
import Testing

/// Holds the README against the house: what it names as proof is there, and its table of modules is
/// that of the package.
@Suite("The README") struct ReadmeTests {
    private static let page: Page = {
        let text = try? FileTree.text(of: "\(Products.root)/README.md")
        return Page((text ?? "").split(separator: "\n", omittingEmptySubsequences: false))
    }()

    /// The sentences that tests go by.
    private static let tests: Set<String> = {
        let folder = "\(Products.root)/Tests"
        let files = FileTree.files(below: folder).filter { $0.hasSuffix(".swift") }
        return Set(
            files.flatMap { path -> [String] in
                guard let text = try? FileTree.text(of: "\(folder)/\(path)") else { return [] }
                return testNames(in: SourceFile(path: path, text: text))
            })
    }()

    /// The scenarios of `ops/chaos`; of one that is made for many points, what all begin with.
    private static let scenarios: Set<String> = {
        let folder = "\(Products.root)/Tests/Interop/chaos"
        let files = FileTree.files(below: folder).filter { $0.hasSuffix(".py") }
        return Set(
            files.flatMap { path -> [String] in
                guard let text = try? FileTree.text(of: "\(folder)/\(path)") else { return [] }
                return scenarioNames(in: text)
            })
    }()

    private static func isThere(_ scenario: String) -> Bool {
        scenarios.contains(scenario)
            || scenarios.contains { $0.hasSuffix("-") && scenario.hasPrefix($0) }
    }

    @Test("every promise is shown by tests or scenarios that exist", arguments: 1...14)
    func promises(number: Int) throws {
        let points = Self.page.points(of: "What is promised")
        let point = try #require(points.first { $0.hasPrefix("**G\(number) ") })
        let parts = Self.halves(of: point, at: "*Shown by*")
        let proof = try #require(parts?.after, "G\(number) is shown by nothing")
        let tests = Page.marked(by: "\"", in: proof)
        let scenarios = Page.marked(by: "`", in: proof)
        #expect(!tests.isEmpty, "no test shows G\(number)")
        for test in tests {
            #expect(Self.tests.contains(test), "there is no test \"\(test)\"")
            #expect(test.split(separator: " ").contains("G\(number)"), "\"\(test)\" has no id")
        }
        for scenario in scenarios {
            #expect(Self.isThere(scenario), "there is no scenario \(scenario)")
        }
    }

    @Test("every scenario that is named anywhere exists")
    func named() {
        let lines = Self.page.chapters.values.joined()
        let words = lines.flatMap { $0.split { !$0.isLetter && !$0.isNumber && $0 != "-" } }
        let names = words.filter { word in
            let number = word.dropFirst().prefix { $0.isNumber }
            return word.first == "F" && number.count == 2 && word.dropFirst(3).hasPrefix("-")
        }
        #expect(!names.isEmpty)
        for name in Set(names) {
            #expect(Self.isThere(String(name)), "there is no scenario \(name)")
        }
    }

    @Test("the table of modules says what the package says, and where each begins")
    func modules() throws {
        let folders = try Self.dependencies()
        var told: Set<String> = []
        for row in Self.page.rows(of: "Where things are") {
            guard let module = Page.marked(by: "`", in: row[0]).first,
                let wanted = folders[module]
            else { continue }
            try #require(row.count == 4, "the row of \(module) has \(row.count) cells")
            told.insert(module)
            let imported = Set(row[2].split { !$0.isLetter }.map(String.init))
            #expect(imported == wanted, "\(module) imports \(wanted.sorted())")
            let file = Page.marked(by: "`", in: row[3]).first ?? ""
            let path = "\(Products.root)/Sources/\(module)/\(file)"
            #expect(FileTree.kind(of: path) != nil, "\(module) does not begin with \(file)")
        }
        #expect(told == Set(House.arrows.keys))
    }

    @Test("the package lets a module see no more than the arrows do")
    func arrows() throws {
        for (folder, dependencies) in try Self.dependencies() {
            let allowed = House.arrows[folder] ?? []
            #expect(dependencies.isSubset(of: allowed), "\(folder) sees \(dependencies.sorted())")
        }
    }

    @Test("every file of the reading order is there")
    func readingOrder() {
        let lines = (Self.page.chapters["Where things are"] ?? []).filter {
            $0.first?.isNumber == true
        }
        #expect(lines.count == 10)
        for line in lines {
            let path = Page.marked(by: "`", in: line).first ?? ""
            #expect(FileTree.kind(of: "\(Products.root)/\(path)") != nil, "there is no \(path)")
        }
    }

    // MARK: - What is read elsewhere

    /// What Package.swift lets each folder of Sources import of ours.
    private static func dependencies() throws -> [String: Set<String>] {
        let text = try FileTree.text(of: "\(Products.root)/Package.swift")
        let package = SourceFile(path: "Package.swift", text: text)
        var found: [String: Set<String>] = [:]
        for index in package.positions(of: ["module", "executable", "target"]) {
            guard package.token(index + 1).isSign("(") else { continue }
            let tokens = package.code[index..<package.closing(of: index + 1)]
            guard let name = tokens.first(where: { $0.kind == .text }).map(plain) else { continue }
            let folder = name == "baton-toolbox" ? "Toolbox" : name
            guard House.arrows[folder] != nil else { continue }
            let list = tokens.drop { !$0.isSign("[") }.prefix { !$0.isSign("]") }
            found[folder] = Set(list.filter { $0.kind == .text }.map(plain))
                .intersection(House.arrows.keys)
        }
        return found
    }

    private static func testNames(in file: SourceFile) -> [String] {
        file.positions(of: ["Test"]).compactMap { index in
            guard file.token(index - 1).isSign("@"), file.token(index + 1).isSign("(") else {
                return nil
            }
            var name = ""
            var position = index + 2
            while file.token(position).kind == .text {
                name += plain(file.token(position))
                guard file.token(position + 1).isSign("+") else { break }
                position += 2
            }
            return name.isEmpty ? nil : name
        }
    }

    private static func scenarioNames(in text: String) -> [String] {
        var names: [String] = []
        var rest = text[...]
        while let parts = halves(of: rest, at: "@scenario(") {
            let quoted = parts.after.drop { $0.isWhitespace || $0 == "f" }
            names.append(String(quoted.dropFirst().prefix { $0 != "\"" && $0 != "{" }))
            rest = quoted
        }
        return names
    }

    /// A text in quotes, without them.
    private static func plain(_ token: Token) -> String {
        String(token.text.dropFirst().dropLast())
    }

    private static func halves(
        of text: some StringProtocol, at mark: String
    ) -> (before: Substring, after: Substring)? {
        let text = Substring(text)
        guard let range = text.firstRange(of: mark) else { return nil }
        return (text[..<range.lowerBound], text[range.upperBound...])
    }
}
