import Document

/// Functions that go on from their own outputs. Where each step has one output they are loops;
/// elsewhere they nest, as deep as evaluations may.
extension Machine {
    func isChildren(_ code: Code) -> Bool {
        guard case .iterate(let base, isOptional: true) = code.operation,
            case .identity = base.operation
        else { return false }
        return true
    }

    /// A value and all within it, each before what it holds.
    func descended(_ item: Item, _ trail: Trail, _ emit: Emit) throws(Failure) -> Bool {
        var waiting = [(item, trail)]
        while let (item, trail) = waiting.popLast() {
            try fuel.step()
            guard try emit(item, trail) else { return false }
            guard item.value.isContainer else { continue }
            let start = waiting.count
            _ = try iterated(item, trail, true) { (child, trail) throws(Failure) in
                waiting.append((child, trail))
                return true
            }
            waiting[start...].reverse()
        }
        return true
    }

    /// `., (body | recurse(body))`, where a condition may end a branch.
    func recursed(
        _ body: Code, _ condition: Code?, _ item: Item, _ trail: Trail, _ env: Environment?,
        _ emit: Emit
    ) throws(Failure) -> Bool {
        try fuel.enter()
        defer { fuel.leave() }
        var state = item
        while true {
            guard try emit(state, trail) else { return false }
            guard body.isNarrow, condition?.isNarrow != false, !trail.isAsked else { break }
            guard try transform(body, &state, env) else { return true }
            if let condition {
                guard let answer = try one(condition, state, env), answer.value.isTrue else {
                    return true
                }
            }
        }
        return try each(body, state, trail, env) { (output, trail) throws(Failure) in
            guard let condition else {
                return try recursed(body, nil, output, trail, env, emit)
            }
            return try outputs(condition, output, env) { (answer) throws(Failure) in
                guard answer.value.isTrue else { return true }
                return try recursed(body, condition, output, trail, env, emit)
            }
        }
    }

    /// `if condition then ., (update | while(condition; update)) else empty end`.
    func during(
        _ arguments: [Code], _ item: Item, _ trail: Trail, _ env: Environment?, _ emit: Emit
    ) throws(Failure) -> Bool {
        try fuel.enter()
        defer { fuel.leave() }
        var state = item
        while arguments[0].isNarrow, arguments[1].isNarrow, !trail.isAsked {
            guard let answer = try one(arguments[0], state, env), answer.value.isTrue else {
                return true
            }
            guard try emit(state, trail) else { return false }
            guard try transform(arguments[1], &state, env) else { return true }
        }
        return try outputs(arguments[0], state, env) { (answer) throws(Failure) in
            guard answer.value.isTrue else { return true }
            guard try emit(state, trail) else { return false }
            return try each(arguments[1], state, trail, env) { (next, trail) throws(Failure) in
                try during(arguments, next, trail, env, emit)
            }
        }
    }

    /// `if condition then . else (update | until(condition; update)) end`.
    func until(
        _ arguments: [Code], _ item: Item, _ trail: Trail, _ env: Environment?, _ emit: Emit
    ) throws(Failure) -> Bool {
        try fuel.enter()
        defer { fuel.leave() }
        return try outputs(arguments[0], item, env) { (answer) throws(Failure) in
            if answer.value.isTrue { return try emit(item, trail) }
            return try each(arguments[1], item, trail, env) { (next, trail) throws(Failure) in
                try until(arguments, next, trail, env, emit)
            }
        }
    }
}
