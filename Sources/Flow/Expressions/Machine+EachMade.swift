import Document

/// Nodes that make values of several outputs of others: one for each combination. Of operands the
/// last is outermost, of members the first.
extension Machine {
    func eachMade(
        _ code: Code, _ item: Item, _ trail: Trail, _ env: Environment?, _ emit: Emit
    ) throws(Failure) -> Bool {
        if code.isNarrow {
            guard let output = try one(code, item, env) else { return true }
            return try emit(output, trail.made)
        }
        let made = trail.made
        switch code.operation {
        case .binary(let operation, let left, let right):
            return try outputs(right, item, env) { (b) throws(Failure) in
                try outputs(left, item, env) { (a) throws(Failure) in
                    try emit(try combined(operation, a, b), made)
                }
            }
        case .and(let left, let right), .or(let left, let right):
            let isOr: Bool = if case .or = code.operation { true } else { false }
            return try outputs(left, item, env) { (a) throws(Failure) in
                if a.value.isTrue == isOr { return try emit(Item(flat: .bool(isOr)), made) }
                return try outputs(right, item, env) { (b) throws(Failure) in
                    try emit(Item(flat: .bool(b.value.isTrue)), made)
                }
            }
        case .negate(let inner):
            return try outputs(inner, item, env) { (output) throws(Failure) in
                try emit(try negated(output), made)
            }
        case .object(let members):
            return try eachObject(members[...], ObjectValue(), 0, item, env) {
                (output) throws(Failure) in try emit(output, made)
            }
        case .string(let format, let pieces):
            return try eachString(format, pieces[...], "", item, env) {
                (text) throws(Failure) in try emit(Item(flat: .string(text)), made)
            }
        case .plain(let plain, let arguments):
            return try eachPlain(plain, arguments[...], [], item, env) {
                (output) throws(Failure) in try emit(output, made)
            }
        default: return try eachState(code, item, trail, env, emit)
        }
    }

    private func eachObject(
        _ members: ArraySlice<Code.Member>, _ object: ObjectValue, _ depth: Int32, _ item: Item,
        _ env: Environment?, _ take: Take
    ) throws(Failure) -> Bool {
        guard let member = members.first else {
            return try take(try made(.object(object), depth: depth + 1))
        }
        return try outputs(member.key, item, env) { (key) throws(Failure) in
            let name = try self.key(key)
            return try outputs(member.value, item, env) { (value) throws(Failure) in
                try fuel.charge((object.count + 1) * Fuel.member)
                var larger = object
                larger[name] = value.value
                return try eachObject(
                    members.dropFirst(), larger, max(depth, value.depth), item, env, take)
            }
        }
    }

    private func eachString(
        _ format: Format, _ pieces: ArraySlice<Code.Piece>, _ end: String, _ item: Item,
        _ env: Environment?, _ take: (String) throws(Failure) -> Bool
    ) throws(Failure) -> Bool {
        guard let piece = pieces.last else { return try take(end) }
        let rest = pieces.dropLast()
        switch piece {
        case .text(let text): return try eachString(format, rest, text + end, item, env, take)
        case .expression(let code):
            return try outputs(code, item, env) { (value) throws(Failure) in
                let text = try format.apply(value.value, fuel)
                try fuel.charge(text.utf8.count + end.utf8.count)
                return try eachString(format, rest, text + end, item, env, take)
            }
        }
    }

    private func eachPlain(
        _ plain: Plain, _ arguments: ArraySlice<Code>, _ values: [Item], _ item: Item,
        _ env: Environment?, _ take: Take
    ) throws(Failure) -> Bool {
        guard let argument = arguments.last else {
            return try take(try plainly(plain, item, values))
        }
        return try outputs(argument, item, env) { (value) throws(Failure) in
            try eachPlain(plain, arguments.dropLast(), [value] + values, item, env, take)
        }
    }
}
