import Flow

/// Which version of an agent is meant, where several live side by side.
extension Registry {
    /// The versions that will do: exactly one, or the highest of its major.
    struct Wanted {
        let version: SemanticVersion
        let isPinned: Bool

        /// Nothing where any version will do.
        init?(_ reference: AgentReference) {
            guard let version = reference.version.flatMap(SemanticVersion.init) else { return nil }
            self.version = version
            isPinned = reference.isPinned
        }

        func takes(_ other: SemanticVersion) -> Bool {
            guard !isPinned, version.prerelease.isEmpty else { return other == version }
            return other.major == version.major && other.prerelease.isEmpty && other >= version
        }
    }

    /// What an instance must say of its version.
    enum Match: Equatable {
        case version(SemanticVersion)
        /// It says none.
        case none
    }

    /// What the instances that a call means say of themselves; nothing if none of those that are
    /// here will do. One without a version stands in for any that is not pinned.
    func match(of agent: Int, for wanted: Wanted) -> Match? {
        var best: SemanticVersion?
        var hasOthers = false
        for instance in agents[agent].instances
        where workers[instances[instance].worker].isReachable {
            guard let version = instances[instance].version else {
                hasOthers = true
                continue
            }
            guard wanted.takes(version), best.map({ $0 < version }) ?? true else { continue }
            best = version
        }
        return best.map(Match.version) ?? (hasOthers && !wanted.isPinned ? Match.none : nil)
    }

    func match(_ instance: Int) -> Match {
        instances[instance].version.map(Match.version) ?? Match.none
    }
}
