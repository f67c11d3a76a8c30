package import Flow

/// The id of a workflow that a durable run has run: made of its own id and of the step, so that
/// whoever has the run again finds the same one.
package enum ChildID {
    package static func id(of parent: String, at key: StepKey) -> String {
        let hash = (parent + "\n" + key.text).utf8.reduce(UInt64(14_695_981_039_346_656_037)) {
            ($0 ^ UInt64($1)) &* 1_099_511_628_211
        }
        return "\(parent.prefix(48)).\(String(hash, radix: 36))"
    }
}
