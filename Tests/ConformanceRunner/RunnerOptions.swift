import Telemetry
import TestKit

/// What the runner is told on its command line and in the environment.
struct RunnerOptions: Sendable {
    enum Part: String, CaseIterable, Sendable { case official, own, examples }

    var parts: [Part] = []
    /// The folder of the specification's kit, where it is there.
    var kit: String?
    /// Only scenarios and examples whose name or file holds this.
    var only = ""
    /// The folder of the programs.
    var products = Products.folder
    /// So many scenarios at a time.
    var jobs = 32
    var asksForHelp = false

    init(_ arguments: [String], environment: [String: String]) throws(Fault) {
        kit = environment["OWS_KIT"] ?? Self.kitBeside
        var rest = arguments[...]
        while let word = rest.popFirst() {
            switch word {
            case "--help", "-h": asksForHelp = true
            case "--kit": kit = try Self.value(of: word, &rest)
            case "--only": only = try Self.value(of: word, &rest)
            case "--products": products = try Self.value(of: word, &rest)
            case "--jobs":
                let text = try Self.value(of: word, &rest)
                guard let number = Int(text), (1...200).contains(number) else {
                    throw Fault(RunnerCode.usage, "--jobs takes a number from 1 to 200")
                }
                jobs = number
            default:
                guard let part = Part(rawValue: word) else {
                    throw Fault(
                        RunnerCode.usage,
                        "unknown word \(word): official, own, examples, --kit, --only, --products"
                            + " and --jobs are known")
                }
                parts.append(part)
            }
        }
        if parts.isEmpty { parts = Part.allCases }
    }

    /// Where the kit lies if nobody says otherwise: beside the project, of which it is no part.
    private static var kitBeside: String? {
        let folder = "\(Products.root)/../shared/kits/ows"
        guard case .folder? = FileTree.kind(of: folder) else { return nil }
        return folder
    }

    static let help = """
        baton-ctk: plays the conformance scenarios of workflows on clusters of real processes

        usage: baton-ctk [official|own|examples]... [--kit DIR] [--only TEXT]
                         [--products DIR] [--jobs N]

          official        the scenarios of the specification's conformance kit
          own             Tests/Conformance/features
          examples        each example of the specification is loaded or refused, and run
          --kit DIR       the specification's folder with ctk/features and examples ($OWS_KIT)
          --only TEXT     what has this in its name or in the name of its file
          --products DIR  the folder of batond and baton-toolbox (default: beside this program)
          --jobs N        so many clusters at a time (default 32)
        """

    private static func value(
        of option: String, _ rest: inout ArraySlice<String>
    ) throws(Fault) -> String {
        guard let value = rest.popFirst(), !value.isEmpty else {
            throw Fault(RunnerCode.usage, "\(option) needs a value")
        }
        return value
    }
}
