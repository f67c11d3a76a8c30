package import Flow
import Store
package import Telemetry
import Wire

/// One version of a workflow as it was read from one text. Runs keep theirs for as long as they
/// last, whatever becomes of the file.
package final class Edition: Sendable {
    package let plan: FlowPlan
    package let version: SemanticVersion
    package let origin: Origin
    package let text: [UInt8]
    /// Names the text.
    let digest: String

    /// Who brought it. Files win over workers: an operator has the last word.
    package enum Origin: Hashable, Sendable, CustomStringConvertible {
        case file(String)
        case worker(String)

        package var description: String {
            switch self {
            case .file(let path): path
            case .worker(let name): "worker \(name)"
            }
        }
    }

    /// Reads a text; whatever is wrong with it is said at once, each with its place.
    package init(_ text: [UInt8], from origin: Origin, name: String) throws(Fault) {
        do throws(Invalid) {
            plan = FlowPlan(try Workflow.read(text, name: name))
        } catch {
            throw Fault(WireCode.invalid, error.description)
        }
        let about = plan.workflow.document
        guard let version = SemanticVersion(about.version) else {
            throw Fault(WireCode.invalid, "\(name): \(about.version) is not a version")
        }
        try Name.check(about.namespace, "a workflow's namespace")
        try Name.check(about.name, "a workflow's name")
        self.version = version
        self.origin = origin
        self.text = text
        digest = Digest("workflow", content: ContentBytes(text)).description
    }

    package var name: String { about.name }
    package var about: Workflow.About { plan.workflow.document }

    var key: Key { Key(namespace: about.namespace, name: about.name) }

    /// What is the same for all versions of a workflow.
    struct Key: Hashable, Comparable, CustomStringConvertible {
        let namespace: String
        let name: String

        static func < (left: Key, right: Key) -> Bool {
            (left.name, left.namespace) < (right.name, right.namespace)
        }

        var description: String { "\(namespace)/\(name)" }
    }

    /// The address of exactly this version.
    var address: WorkflowAddress {
        WorkflowAddress(
            namespace: about.namespace, name: about.name, version: about.version, digest: digest)
    }

    /// As people write it.
    var id: String { "\(about.namespace)/\(about.name):\(about.version)" }

    /// What stands for it among agents: in lists, figures and policies.
    var label: String { WorkflowAddress.prefix + about.name }
}
