import TestKit
import Testing

@testable import Flow

/// Every workflow that the specification's conformance kit runs is one that can be read.
@Suite(
    .enabled(
        if: SpecificationKit.isThere,
        "the specification's kit is not there: set OWS_KIT to its folder"))
struct DefinitionConformanceTests {
    /// The definitions within a feature: what stands between the marks after each `definition:`.
    private static func definitions(_ text: String) -> [String] {
        var definitions: [String] = []
        var lines: [Substring]?
        var isNext = false
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.contains("a workflow with definition:") {
                isNext = true
            } else if line.contains("\"\"\"") {
                if let read = lines {
                    definitions.append(read.joined(separator: "\n"))
                    (lines, isNext) = (nil, false)
                } else if isNext {
                    lines = []
                }
            } else {
                lines?.append(line)
            }
        }
        return definitions
    }

    @Test(
        "every definition of a feature is read and drawn",
        arguments: FileTree.files(below: "\(SpecificationKit.folder ?? "")/ctk/features"))
    func feature(name: String) throws {
        let path = "\(SpecificationKit.folder ?? "")/ctk/features/\(name)"
        let definitions = Self.definitions(try FileTree.text(of: path))
        #expect(!definitions.isEmpty)
        for text in definitions {
            let workflow = try Workflow.read(Array(text.utf8), name: name)
            #expect(!Graph(workflow).edges.isEmpty)
        }
    }
}
