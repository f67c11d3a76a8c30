import Document

/// Paths, and what happens to outputs where something fails.
extension Machine {
    func eachAccess(
        _ code: Code, _ item: Item, _ trail: Trail, _ env: Environment?, _ emit: Emit
    ) throws(Failure) -> Bool {
        switch code.operation {
        case .field(let base, let key, let isOptional):
            return try each(base, item, trail, env) { (holder, trail) throws(Failure) in
                try standing(holder, trail)
                guard let value = try field(holder, key, isOptional) else { return true }
                return try emit(value, trail.appending(.string(key)))
            }
        case .index(let base, let key, let isOptional):
            return try outputs(key, item, env) { (key) throws(Failure) in
                try each(base, item, trail, env) { (holder, trail) throws(Failure) in
                    try standing(holder, trail)
                    guard let value = try element(holder, key.value, isOptional) else {
                        return true
                    }
                    return try emit(value, trail.appending(key.value))
                }
            }
        case .slice(let base, let from, let to, let isOptional):
            return try outputs(from, item, env) { (from) throws(Failure) in
                try outputs(to, item, env) { (to) throws(Failure) in
                    try each(base, item, trail, env) { (holder, trail) throws(Failure) in
                        try standing(holder, trail)
                        guard let value = try part(holder, from.value, to.value, isOptional)
                        else { return true }
                        return try emit(
                            value, trail.appending(Paths.boundsValue(from.value, to.value)))
                    }
                }
            }
        case .iterate(let base, let isOptional):
            return try each(base, item, trail, env) { (holder, trail) throws(Failure) in
                try iterated(holder, trail, isOptional, emit)
            }
        default: return true
        }
    }

    /// Every element of an array or an object.
    func iterated(
        _ holder: Item, _ trail: Trail, _ isOptional: Bool, _ emit: Emit
    ) throws(Failure) -> Bool {
        try standing(holder, trail)
        switch holder.value {
        case .array(let array):
            for (index, element) in array.enumerated() {
                try fuel.step()
                let output = Item(element, depth: holder.depth - 1)
                guard try emit(output, trail.appending(Value(index))) else { return false }
            }
        case .object(let object):
            for (key, value) in object {
                try fuel.step()
                let output = Item(value, depth: holder.depth - 1)
                guard try emit(output, trail.appending(.string(key))) else { return false }
            }
        default:
            if isOptional { return true }
            throw Failure("Cannot iterate over \(Described.typed(holder.value))")
        }
        return true
    }

    /// Refuses to follow a path from a value that stands nowhere.
    func standing(_ item: Item, _ trail: Trail) throws(Failure) {
        switch trail {
        case .lost:
            throw Failure("Invalid path expression with result \(Described.short(item.value))")
        case .at(let path):
            guard path.count < Paths.longest else {
                throw .limit("a path has more than \(Paths.longest) steps")
            }
        case .none: break
        }
    }

    /// Errors of the body end it and are handed to the rescue; errors of what takes its outputs are
    /// none of its business.
    func eachAttempt(
        _ body: Code, _ rescue: Code?, _ item: Item, _ trail: Trail, _ env: Environment?,
        _ emit: Emit
    ) throws(Failure) -> Bool {
        var passing: Failure?
        let raised: Value
        do throws(Failure) {
            let wanted = try each(body, item, trail, env) { (output, trail) throws(Failure) in
                do throws(Failure) {
                    return try emit(output, trail)
                } catch {
                    passing = error
                    return false
                }
            }
            if let passing { throw passing }
            return wanted
        } catch .limit(let message) {
            throw .limit(message)
        } catch .error(let value) {
            if let passing { throw passing }
            raised = value
        }
        guard let rescue else { return true }
        let input = Item(raised, depth: Item.deepestInput)
        return try each(rescue, input, trail.made, env, emit)
    }

    /// The true outputs of the left; where it has none, whatever the right gives.
    func eachAlternative(
        _ left: Code, _ right: Code, _ item: Item, _ trail: Trail, _ env: Environment?,
        _ emit: Emit
    ) throws(Failure) -> Bool {
        var found = false
        let wanted = try each(left, item, trail, env) { (output, trail) throws(Failure) in
            guard output.value.isTrue else { return true }
            found = true
            return try emit(output, trail)
        }
        if found { return wanted }
        return try each(right, item, trail, env, emit)
    }
}
