package import Document
package import Flow

/// What a run is told about itself, made of its request: whoever has the run again makes the same.
extension RunIdentity {
    package init(
        request id: String, version: String, secrets: ObjectValue, chance: String? = nil
    ) {
        let seed = (chance ?? id).utf8.reduce(17) { $0 &* 31 &+ Int($1) }
        self.init(
            id: id, runtime: Runtime(name: "baton", version: version), secrets: secrets,
            seed: UInt64(truncatingIfNeeded: seed))
    }
}
