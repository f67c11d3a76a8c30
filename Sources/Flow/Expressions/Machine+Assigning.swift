import Document

/// Assignments: every path that the left side gives is changed.
extension Machine {
    /// Carries out an assignment whose value has at most one output; says whether it had one.
    func assigned(
        _ code: Code, _ state: inout Item, _ env: Environment?
    ) throws(Failure) -> Bool {
        switch code.operation {
        case .set(_, let value), .operate(_, _, let value):
            guard let value = try one(value, state, env) else { return false }
            try assign(code, value, &state, env)
        case .update(let path, let update):
            try self.update(path, update, &state, env)
        default: break
        }
        return true
    }

    func assign(
        _ code: Code, _ value: Item, _ state: inout Item, _ env: Environment?
    ) throws(Failure) {
        var longest = 0
        switch code.operation {
        case .set(let target, _):
            for path in try paths(target, state, env) {
                longest = max(longest, path.count)
                try Paths.set(&state.value, path, to: value.value, fuel)
            }
        case .operate(let operation, let target, _):
            for path in try paths(target, state, env) {
                longest = max(longest, path.count)
                try Paths.update(&state.value, path[...], fuel) { (inner) throws(Failure) in
                    try operate(operation, value.value, &inner)
                }
            }
        default: break
        }
        let depth = max(state.depth, value.depth, 1) + Int32(longest)
        state = try made(state.value.take(), depth: depth)
    }

    private func operate(
        _ operation: Operator?, _ value: Value, _ inner: inout Value
    ) throws(Failure) {
        guard let operation else {
            if !inner.isTrue { inner = value }
            return
        }
        if case .add = operation { return try Arithmetic.add(value, to: &inner, fuel) }
        inner = try Arithmetic.apply(operation, inner, value, fuel)
    }

    /// `path |= update`: the first output is what is put there; where there is none, the place is
    /// deleted after all others were changed.
    private func update(
        _ target: Code, _ update: Code, _ state: inout Item, _ env: Environment?
    ) throws(Failure) {
        var emptied: [Value] = []
        var (longest, deepest) = (0, state.depth)
        for path in try paths(target, state, env) {
            longest = max(longest, path.count)
            let bound = state.depth
            // What is not there is not made unless there is something to put.
            if try Paths.get(state.value, path: path, fuel).isNull {
                var fresh = Item(flat: .null)
                guard try first(update, &fresh, env) else {
                    emptied.append(.array(path))
                    continue
                }
                deepest = max(deepest, fresh.depth)
                try Paths.set(&state.value, path, to: fresh.value, fuel)
                continue
            }
            try Paths.update(&state.value, path[...], fuel) { (inner) throws(Failure) in
                var fresh = Item(inner.take(), depth: bound)
                if try !first(update, &fresh, env) { emptied.append(.array(path)) }
                deepest = max(deepest, fresh.depth)
                inner = fresh.value.take()
            }
        }
        try Paths.delete(&state.value, emptied, fuel)
        state = try made(state.value.take(), depth: max(deepest, 1) + Int32(longest))
    }

    /// Turns a state into the first output of a node for it; says whether there was one.
    private func first(
        _ code: Code, _ state: inout Item, _ env: Environment?
    ) throws(Failure) -> Bool {
        if code.isNarrow { return try transform(code, &state, env) }
        var found: Item?
        _ = try each(code, state, .none, env) { (output, _) throws(Failure) in
            found = output
            return false
        }
        if let found { state = found }
        return found != nil
    }

    /// All paths that a node gives.
    func paths(_ code: Code, _ item: Item, _ env: Environment?) throws(Failure) -> [[Value]] {
        var paths: [[Value]] = []
        _ = try eachPath(code, item, env) { (path) throws(Failure) in
            try fuel.charge((path.count + 1) * Fuel.element)
            paths.append(path)
            return true
        }
        return paths
    }

    func eachPath(
        _ code: Code, _ item: Item, _ env: Environment?,
        _ take: ([Value]) throws(Failure) -> Bool
    ) throws(Failure) -> Bool {
        try each(code, item, .at([]), env) { (output, trail) throws(Failure) in
            guard case .at(let path) = trail else {
                throw Failure(
                    "Invalid path expression with result \(Described.short(output.value))")
            }
            return try take(path)
        }
    }
}
