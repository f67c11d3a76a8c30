internal import Glibc
import TestKit

/// The specification's own examples and schema, which lie beside the project and are no part of it:
/// in the folder that OWS_KIT names, or in `shared/kits/ows` beside the project's folder.
enum SpecificationKit {
    static let folder: String? = {
        if let named = unsafe getenv("OWS_KIT") { return unsafe String(cString: named) }
        let beside = "\(Products.root)/../shared/kits/ows"
        if case .folder? = FileTree.kind(of: beside) { return beside }
        return nil
    }()

    static let isThere = folder != nil

    /// The names of the examples; none where the kit is not there.
    static let examples: [String] = {
        guard let folder else { return [] }
        return FileTree.files(below: "\(folder)/examples").filter { $0.hasSuffix(".yaml") }
    }()

    static func example(_ name: String) throws -> [UInt8] {
        try FileTree.bytes(of: "\(folder ?? "")/examples/\(name)")
    }
}
