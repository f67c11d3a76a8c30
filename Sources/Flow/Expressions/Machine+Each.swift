import Document

/// Nodes of any number of outputs. Each hands its outputs, and their paths where somebody asks, to
/// a callback, and answers whether more are wanted.
///
/// What takes callbacks and is called all over the evaluator is `dynamic`, though nothing ever
/// takes its place: the optimiser would otherwise make a copy of the whole evaluator for each
/// callback, and copies of those, and never come to an end.
extension Machine {
    /// Every output of a node.
    dynamic func each(
        _ code: Code, _ item: Item, _ trail: Trail, _ env: Environment?, _ emit: Emit
    ) throws(Failure) -> Bool {
        if code.isNarrow, !trail.isAsked {
            guard let output = try one(code, item, env) else { return true }
            return try emit(output, .none)
        }
        try fuel.enter()
        defer { fuel.leave() }
        switch code.operation {
        case .identity: return try emit(item, trail)
        case .pipe(let first, let rest):
            return try each(first, item, trail, env) { (middle, trail) throws(Failure) in
                try each(rest, middle, trail, env, emit)
            }
        case .comma(let first, let second):
            guard try each(first, item, trail, env, emit) else { return false }
            return try each(second, item, trail, env, emit)
        case .field, .index, .slice, .iterate:
            return try eachAccess(code, item, trail, env, emit)
        case .condition(let condition, let then, let otherwise):
            return try outputs(condition, item, env) { (answer) throws(Failure) in
                try each(answer.value.isTrue ? then : otherwise, item, trail, env, emit)
            }
        case .bind(let source, let pattern, let body):
            return try outputs(source, item, env) { (value) throws(Failure) in
                try bound([(pattern, value)], env) { (env) throws(Failure) in
                    try each(body, item, trail, env, emit)
                }
            }
        case .form(let form, let arguments):
            return try eachForm(form, arguments, item, trail, env, emit)
        case .call(let number, let hops, let arguments):
            return try called(arguments[...], item, env, ancestor(env, hops)) {
                (inner) throws(Failure) in
                try each(program.functions[number].body, item, trail, inner, emit)
            }
        case .parameter(let hops):
            guard case .closure(let code, let captured)? = ancestor(env, hops)?.entry else {
                throw Failure("a parameter is not bound")
            }
            return try each(code, item, trail, captured, emit)
        case .attempt(let body, let rescue):
            return try eachAttempt(body, rescue, item, trail, env, emit)
        case .alternative(let left, let right):
            return try eachAlternative(left, right, item, trail, env, emit)
        default: return try eachMade(code, item, trail, env, emit)
        }
    }

    /// Every output of a node whose paths nobody asks for.
    dynamic func outputs(
        _ code: Code, _ item: Item, _ env: Environment?, _ take: Take
    ) throws(Failure) -> Bool {
        if code.isNarrow {
            guard let output = try one(code, item, env) else { return true }
            return try take(output)
        }
        return try each(code, item, .none, env) { (output, _) throws(Failure) in
            try take(output)
        }
    }

    /// Evaluates the arguments that are values, the first one outermost, then the function.
    private func called(
        _ arguments: ArraySlice<Code.Argument>, _ item: Item, _ env: Environment?,
        _ inner: Environment?, _ run: (Environment?) throws(Failure) -> Bool
    ) throws(Failure) -> Bool {
        guard let argument = arguments.first else { return try run(inner) }
        let rest = arguments.dropFirst()
        switch argument {
        case .closure(let code):
            return try called(rest, item, env, try extended(inner, .closure(code, env)), run)
        case .value(let code):
            return try outputs(code, item, env) { (value) throws(Failure) in
                try called(rest, item, env, try extended(inner, .value(value)), run)
            }
        }
    }

    /// Binds what patterns name, for each way in which they can be taken apart.
    dynamic func bound(
        _ patterns: [(Code.Pattern, Item)], _ env: Environment?,
        _ run: (Environment?) throws(Failure) -> Bool
    ) throws(Failure) -> Bool {
        guard let (pattern, item) = patterns.first else { return try run(env) }
        try fuel.step()
        let rest = Array(patterns.dropFirst())
        switch pattern {
        case .variable: return try bound(rest, try extended(env, .value(item)), run)
        case .array(let elements):
            guard item.value.kind == .array || item.value.kind == .null else {
                throw Paths.refusal(item.value, 0)
            }
            var parts: [(Code.Pattern, Item)] = []
            for (index, element) in elements.enumerated() {
                let value = item.value[index] ?? .null
                parts.append((element, Item(value, depth: max(item.depth, 1))))
            }
            return try bound(parts + rest, env, run)
        case .object(let members):
            return try boundMembers(members[...], item, rest, env, run)
        }
    }

    private func boundMembers(
        _ members: ArraySlice<(isVariable: Bool, key: Code, pattern: Code.Pattern?)>,
        _ item: Item, _ rest: [(Code.Pattern, Item)], _ env: Environment?,
        _ run: (Environment?) throws(Failure) -> Bool
    ) throws(Failure) -> Bool {
        guard let member = members.first else { return try bound(rest, env, run) }
        return try outputs(member.key, item, env) { (key) throws(Failure) in
            guard case .string = key.value else {
                throw Failure(
                    "Cannot index \(item.value.kind.rawValue) with \(key.value.kind.rawValue)")
            }
            guard let value = try element(item, key.value, false) else { return true }
            let inner = member.isVariable ? try extended(env, .value(value)) : env
            let patterns = member.pattern.map { [($0, value)] } ?? []
            return try bound(patterns, inner) { (env) throws(Failure) in
                try boundMembers(members.dropFirst(), item, rest, env, run)
            }
        }
    }
}
