import Document

/// Functions that evaluate their arguments themselves and give any number of outputs, with their
/// paths where somebody asks.
extension Machine {
    func eachForm(
        _ form: Form, _ arguments: [Code], _ item: Item, _ trail: Trail, _ env: Environment?,
        _ emit: Emit
    ) throws(Failure) -> Bool {
        switch form {
        case .empty: return true
        case .select:
            return try outputs(arguments[0], item, env) { (answer) throws(Failure) in
                answer.value.isTrue ? try emit(item, trail) : true
            }
        case .recurse where isChildren(arguments[0]): return try descended(item, trail, emit)
        case .recurse: return try recursed(arguments[0], nil, item, trail, env, emit)
        case .recurseWhile:
            return try recursed(arguments[0], arguments[1], item, trail, env, emit)
        case .repeated: return try recursed(arguments[0], nil, item, trail, env, emit)
        case .whilst: return try during(arguments, item, trail, env, emit)
        case .until: return try until(arguments, item, trail, env, emit)
        case .first: return try limited(1, arguments[0], item, trail, env, emit)
        case .last:
            var found: (Item, Trail)?
            _ = try each(arguments[0], item, trail, env) { (output, trail) throws(Failure) in
                found = (output, trail)
                return true
            }
            return if let found { try emit(found.0, found.1) } else { true }
        case .limit:
            return try outputs(arguments[0], item, env) { (count) throws(Failure) in
                guard let number = count.value.number, number >= 0 else {
                    throw Failure("limit needs a count that is not negative")
                }
                let most = Int(min(number.rounded(.up), 1e15))
                return try limited(most, arguments[1], item, trail, env, emit)
            }
        case .getPath:
            return try outputs(arguments[0], item, env) { (path) throws(Failure) in
                let keys = try Paths.path(path.value)
                try standing(item, trail)
                let output = try standingAt(keys, item)
                guard case .at(let start) = trail else { return try emit(output, trail) }
                return try emit(output, .at(start + keys))
            }
        case .error:
            return try outputs(arguments[0], item, env) { (error) throws(Failure) in
                throw .error(error.value)
            }
        default: return try eachValue(form, arguments, item, trail.made, env, emit)
        }
    }

    /// Functions whose outputs stand nowhere.
    private func eachValue(
        _ form: Form, _ arguments: [Code], _ item: Item, _ made: Trail, _ env: Environment?,
        _ emit: Emit
    ) throws(Failure) -> Bool {
        switch form {
        case .path:
            return try eachPath(arguments[0], item, env) { (path) throws(Failure) in
                try emit(Item(.array(path), depth: 2), made)
            }
        case .range, .rangeBy:
            return try outputs(arguments[0], item, env) { (from) throws(Failure) in
                try outputs(arguments[1], item, env) { (to) throws(Failure) in
                    guard form == .rangeBy else {
                        return try counted(from.value, to.value, 1, made, emit)
                    }
                    return try outputs(arguments[2], item, env) { (by) throws(Failure) in
                        try counted(from.value, to.value, by.value, made, emit)
                    }
                }
            }
        case .substitute, .substituteAll, .substituteFlags, .substituteAllFlags:
            return try substituted(form, arguments, item, env) { (text) throws(Failure) in
                try emit(Item(flat: .string(text)), made)
            }
        default:
            guard let output = try form1(form, arguments, item, env) else { return true }
            return try emit(output, made)
        }
    }

    /// The outputs up to a number of them. It says what the callback said, so that reaching the
    /// number ends nothing but this.
    private func limited(
        _ most: Int, _ body: Code, _ item: Item, _ trail: Trail, _ env: Environment?,
        _ emit: Emit
    ) throws(Failure) -> Bool {
        guard most > 0 else { return true }
        var (count, isWanted) = (0, true)
        _ = try each(body, item, trail, env) { (output, trail) throws(Failure) in
            count += 1
            isWanted = try emit(output, trail)
            return isWanted && count < most
        }
        return isWanted
    }

    private func counted(
        _ from: Value, _ to: Value, _ by: Value, _ made: Trail, _ emit: Emit
    ) throws(Failure) -> Bool {
        guard let end = to.number, let step = by.number, let start = from.number else {
            throw Failure("Range bounds must be numeric")
        }
        if case .integer(var index) = from, case .integer(let step) = by {
            while step > 0 ? Double(index) < end : step < 0 && Double(index) > end {
                try fuel.step()
                guard try emit(Item(flat: .integer(index)), made) else { return false }
                let (next, overflow) = index.addingReportingOverflow(step)
                if overflow { return true }
                index = next
            }
            return true
        }
        var number = start
        while step > 0 ? number < end : step < 0 && number > end {
            try fuel.step()
            guard try emit(Item(flat: Numbers.value(number)), made) else { return false }
            number += step
        }
        return true
    }
}
