import TestKit
import Testing

@testable import Flow

/// The examples of the specification: each is loaded, or refused because of a part of the language
/// that is left out on purpose, and then for nothing else.
@Suite(
    .enabled(
        if: SpecificationKit.isThere,
        "the specification's kit is not there: set OWS_KIT to its folder"))
struct DefinitionExampleTests {
    /// The words in a file's name that tell what is left out, and the word its refusal names.
    private static let refused = [
        "container": "container", "run-return": "container", "script": "script", "grpc": "grpc",
        "asyncapi": "asyncapi", "cataloged": "URI",
    ]

    @Test(
        "every example is loaded, or refused for what is left out on purpose",
        arguments: SpecificationKit.examples)
    func example(name: String) throws {
        let bytes = try SpecificationKit.example(name)
        let word = Self.refused.first { name.contains($0.key) }?.value
        do throws(Invalid) {
            let workflow = try Workflow.read(bytes, name: name)
            #expect(word == nil, "loaded, though \(word ?? "") is left out")
            #expect(!workflow.tasks.tasks.isEmpty)
        } catch {
            let word = try #require(word, "\(error)")
            #expect(error.problems.allSatisfy { $0.code == .configuration })
            #expect(error.problems.allSatisfy { $0.message.contains(word) }, "\(error)")
        }
    }

    @Test("the kit has all of its examples")
    func count() {
        #expect(SpecificationKit.examples.count >= 67)
    }
}
