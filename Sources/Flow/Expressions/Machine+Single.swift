import Document

/// Narrow nodes that need their operands' outputs and nothing more.
extension Machine {
    func single(_ code: Code, _ item: Item, _ env: Environment?) throws(Failure) -> Item? {
        switch code.operation {
        case .field(let base, let key, let isOptional):
            return try field(base, key, isOptional, item, env)
        case .binary(let operation, let left, let right):
            return try binary(operation, left, right, item, env)
        case .and(let left, let right):
            guard let a = try one(left, item, env) else { return nil }
            guard a.value.isTrue else { return Item(flat: .bool(false)) }
            return try one(right, item, env).map { Item(flat: .bool($0.value.isTrue)) }
        case .or(let left, let right):
            guard let a = try one(left, item, env) else { return nil }
            guard !a.value.isTrue else { return Item(flat: .bool(true)) }
            return try one(right, item, env).map { Item(flat: .bool($0.value.isTrue)) }
        case .array(let inner): return try collected(inner, item, env)
        case .object(let members): return try object(members, item, env)
        case .index, .slice: return try access(code, item, env)
        case .alternative(let left, let right):
            return try alternative(left, right, item, env)
        case .attempt(let body, let rescue): return try attempt(body, rescue, item, env)
        case .plain(let plain, let arguments): return try plainly(plain, arguments, item, env)
        case .form(let form, let arguments): return try form1(form, arguments, item, env)
        case .string(let format, let pieces): return try string(format, pieces, item, env)
        case .negate(let inner):
            return try one(inner, item, env).map { i throws(Failure) in try negated(i) }
        default: return try lastly(code, item, env)
        }
    }

    /// Nodes that change a state or a value in place.
    private func lastly(_ code: Code, _ item: Item, _ env: Environment?) throws(Failure) -> Item? {
        switch code.operation {
        case .reduce(let source, let pattern, let start, let update):
            guard let first = try one(start, item, env) else { return nil }
            return try reduced(source, pattern, first, update, item, env)
        case .set, .update, .operate:
            var state = item
            return try assigned(code, &state, env) ? state : nil
        default:
            var found: Item?
            _ = try each(code, item, .none, env) { (output, _) in
                found = output
                return false
            }
            return found
        }
    }

    private func field(
        _ base: Code, _ key: String, _ isOptional: Bool, _ item: Item, _ env: Environment?
    ) throws(Failure) -> Item? {
        let holder: Item
        if case .identity = base.operation {
            holder = item
        } else {
            guard let found = try one(base, item, env) else { return nil }
            holder = found
        }
        return try field(holder, key, isOptional)
    }

    func field(_ holder: Item, _ key: String, _ isOptional: Bool) throws(Failure) -> Item? {
        switch holder.value {
        case .object(let object): return Item(object[key] ?? .null, depth: holder.depth - 1)
        case .null: return Item(flat: .null)
        default:
            if isOptional { return nil }
            throw Paths.refusal(holder.value, .string(key))
        }
    }

    private func binary(
        _ operation: Operator, _ left: Code, _ right: Code, _ item: Item, _ env: Environment?
    ) throws(Failure) -> Item? {
        guard let b = try one(right, item, env), let a = try one(left, item, env) else {
            return nil
        }
        return try combined(operation, a, b)
    }

    func combined(_ operation: Operator, _ a: Item, _ b: Item) throws(Failure) -> Item {
        let depth = max(a.depth, b.depth)
        let value = try Arithmetic.apply(operation, a.value, b.value, fuel)
        return Item(value, depth: max(depth, 1))
    }

    func negated(_ item: Item) throws(Failure) -> Item {
        guard let number = Numbers.negated(item.value) else {
            throw Failure("\(Described.typed(item.value)) cannot be negated")
        }
        return Item(flat: number)
    }

    private func alternative(
        _ left: Code, _ right: Code, _ item: Item, _ env: Environment?
    ) throws(Failure) -> Item? {
        if let found = try one(left, item, env), found.value.isTrue { return found }
        return try one(right, item, env)
    }

    private func attempt(
        _ body: Code, _ rescue: Code?, _ item: Item, _ env: Environment?
    ) throws(Failure) -> Item? {
        let raised: Value
        do {
            return try one(body, item, env)
        } catch .limit(let message) {
            throw .limit(message)
        } catch .error(let value) {
            raised = value
        }
        guard let rescue else { return nil }
        return try one(rescue, Item(raised, depth: Item.deepestInput), env)
    }

    private func access(_ code: Code, _ item: Item, _ env: Environment?) throws(Failure) -> Item? {
        switch code.operation {
        case .index(let base, let key, let isOptional):
            guard let key = try one(key, item, env), let holder = try one(base, item, env) else {
                return nil
            }
            return try element(holder, key.value, isOptional)
        case .slice(let base, let from, let to, let isOptional):
            guard let from = try one(from, item, env), let to = try one(to, item, env),
                let holder = try one(base, item, env)
            else { return nil }
            return try part(holder, from.value, to.value, isOptional)
        default: return nil
        }
    }

    func element(_ holder: Item, _ key: Value, _ isOptional: Bool) throws(Failure) -> Item? {
        do {
            return Item(
                try Paths.get(holder.value, key, fuel), depth: max(holder.depth, 1))
        } catch .error(let error) {
            if isOptional { return nil }
            throw .error(error)
        }
    }

    func part(
        _ holder: Item, _ from: Value, _ to: Value, _ isOptional: Bool
    ) throws(Failure) -> Item? {
        do {
            return Item(try Paths.slice(holder.value, from, to, fuel), depth: holder.depth)
        } catch .error(let error) {
            if isOptional { return nil }
            throw .error(error)
        }
    }
}
