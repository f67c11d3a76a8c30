package import Document

/// One thing that is otherwise in a run than it would be: a part of what a task is given, of the
/// context when it begins, or of what it gives. Whoever has the run again says it again.
package struct Amendment: Sendable, Hashable {
    package var place: Place
    /// Members and positions that lead to the part; none: all of it.
    package var path: [String]
    package var value: Value

    package enum Place: String, Sendable, CaseIterable {
        /// What the task is given, before it is made into its input.
        case input
        case context
        /// What it gives in the end. With all of it said the task is not done at all.
        case output
    }

    package init(_ place: Place, _ path: [String], _ value: Value) {
        self.place = place
        self.path = path
        self.value = value
    }

    /// A value with this in it.
    package func applied(to value: Value) -> Value { Self.put(self.value, path[...], in: value) }

    private static func put(_ new: Value, _ path: ArraySlice<String>, in value: Value) -> Value {
        guard let first = path.first else { return new }
        if case .array(var elements) = value, let position = Int(first),
            (0...elements.count).contains(position)
        {
            let old = position < elements.count ? elements[position] : .null
            let inner = put(new, path.dropFirst(), in: old)
            if position < elements.count {
                elements[position] = inner
            } else {
                elements.append(inner)
            }
            return .array(elements)
        }
        var members = value.object ?? [:]
        members[first] = put(new, path.dropFirst(), in: members[first] ?? .null)
        return .object(members)
    }
}

extension FlowRun {
    /// Puts in its place what the task at the position is to find otherwise.
    mutating func amend(_ strand: Int, _ depth: Int) {
        for amendment in amendments(strand, depth) {
            switch amendment.place {
            case .input:
                let data = strands[strand].levels[depth].data
                strands[strand].levels[depth].data = amendment.applied(to: data)
            case .context: context = amendment.applied(to: context)
            case .output: break
            }
        }
    }

    /// What the running task is said to give without being done.
    func given(_ strand: Int, _ depth: Int) -> Value? {
        guard !amendments.isEmpty else { return nil }
        return amendments(strand, depth).first { $0.place == .output && $0.path.isEmpty }?.value
    }

    func amended(_ output: Value, _ strand: Int, _ depth: Int) -> Value {
        amendments(strand, depth).filter { $0.place == .output }
            .reduce(output) { $1.applied(to: $0) }
    }

    private func amendments(_ strand: Int, _ depth: Int) -> [Amendment] {
        amendments[strands[strand].levels[depth].key(strands[strand].base + depth)] ?? []
    }
}
