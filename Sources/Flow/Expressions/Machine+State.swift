import Document

/// States that change from step to step, in place: whoever holds a state alone does not copy it.
extension Machine {
    /// Turns a state into the last output of a node for it; says whether there was one.
    func transform(
        _ code: Code, _ state: inout Item, _ env: Environment?
    ) throws(Failure) -> Bool {
        var (code, env) = (code, env)
        while true {
            try fuel.step()
            switch code.operation {
            case .identity: return true
            case .binary(.add, let left, let right):
                guard case .identity = left.operation, right.isNarrow else {
                    return try replace(&state, code, env)
                }
                guard let more = try one(right, state, env) else { return false }
                try Arithmetic.add(more.value, to: &state.value, fuel)
                state = Item(
                    state.value.take(), depth: max(state.depth, more.depth))
                return true
            case .set, .update, .operate:
                guard code.isNarrow else { return try replace(&state, code, env) }
                return try assigned(code, &state, env)
            case .condition(let condition, let then, let otherwise):
                guard condition.isNarrow else { return try replace(&state, code, env) }
                guard let answer = try one(condition, state, env) else { return false }
                code = answer.value.isTrue ? then : otherwise
            case .pipe(let first, let rest):
                guard first.isNarrow else { return try replace(&state, code, env) }
                guard try transform(first, &state, env) else { return false }
                code = rest
            case .bind(let source, .variable, let body):
                guard source.isNarrow else { return try replace(&state, code, env) }
                guard let bound = try one(source, state, env) else { return false }
                (env, code) = (try extended(env, .value(bound)), body)
            default: return try replace(&state, code, env)
            }
        }
    }

    private func replace(
        _ state: inout Item, _ code: Code, _ env: Environment?
    ) throws(Failure) -> Bool {
        if code.isNarrow {
            guard let output = try one(code, state, env) else { return false }
            state = output
            return true
        }
        var last: Item?
        _ = try each(code, state, .none, env) { (output, _) throws(Failure) in
            last = output
            return true
        }
        if let last { state = last }
        return last != nil
    }

    func reduced(
        _ source: Code, _ pattern: Code.Pattern, _ start: Item, _ update: Code, _ item: Item,
        _ env: Environment?
    ) throws(Failure) -> Item {
        let nothing = Item(flat: .null)
        var state = start
        _ = try outputs(source, item, env) { (element) throws(Failure) in
            try bound([(pattern, element)], env) { (env) throws(Failure) in
                var current = Item(state.value.take(), depth: state.depth)
                state = try transform(update, &current, env) ? current : nothing
                return true
            }
        }
        return state
    }

    /// `reduce`, `foreach` and assignments whose values have several outputs.
    func eachState(
        _ code: Code, _ item: Item, _ trail: Trail, _ env: Environment?, _ emit: Emit
    ) throws(Failure) -> Bool {
        switch code.operation {
        case .reduce(let source, let pattern, let start, let update):
            return try outputs(start, item, env) { (first) throws(Failure) in
                try emit(
                    try reduced(source, pattern, first, update, item, env), trail.made)
            }
        case .foreach(let source, let pattern, let start, let update, let extract):
            return try outputs(start, item, env) { (first) throws(Failure) in
                var state = first
                return try outputs(source, item, env) { (element) throws(Failure) in
                    try bound([(pattern, element)], env) { (env) throws(Failure) in
                        try outputs(update, state, env) { (next) throws(Failure) in
                            state = next
                            return try each(extract, next, trail.made, env, emit)
                        }
                    }
                }
            }
        case .set(_, let value), .operate(_, _, let value):
            return try outputs(value, item, env) { (value) throws(Failure) in
                var state = item
                try assign(code, value, &state, env)
                return try emit(state, trail.made)
            }
        default: throw Failure("this cannot be evaluated")
        }
    }
}
