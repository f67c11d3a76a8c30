import Document

/// Functions that evaluate their arguments themselves and give at most one output.
extension Machine {
    func form1(
        _ form: Form, _ arguments: [Code], _ item: Item, _ env: Environment?
    ) throws(Failure) -> Item? {
        switch form {
        case .empty: return nil
        case .map: return try mapped(arguments[0], item, env)
        case .first, .last:
            var found: Item?
            _ = try outputs(arguments[0], item, env) { (output) throws(Failure) in
                found = output
                return form == .last
            }
            return found
        case .isEmpty:
            var isEmpty = true
            _ = try outputs(arguments[0], item, env) { (_) throws(Failure) in
                isEmpty = false
                return false
            }
            return Item(flat: .bool(isEmpty))
        case .any, .all: return try found(arguments, item, env, form == .any)
        case .addAll:
            var sum = Item(flat: .null)
            _ = try outputs(arguments[0], item, env) { (output) throws(Failure) in
                try Arithmetic.add(output.value, to: &sum.value, fuel)
                sum.depth = max(sum.depth, output.depth)
                return true
            }
            return sum
        case .until:
            var state = item
            while true {
                guard let answer = try one(arguments[0], state, env) else { return nil }
                if answer.value.isTrue { return state }
                guard try transform(arguments[1], &state, env) else { return nil }
            }
        case .error:
            guard let error = try one(arguments[0], item, env) else { return nil }
            throw .error(error.value)
        case .getPath:
            guard let path = try one(arguments[0], item, env) else { return nil }
            return try standingAt(try Paths.path(path.value), item)
        case .sortBy, .groupBy, .uniqueBy, .minBy, .maxBy:
            return try ordered(form, arguments[0], item, env)
        default: return nil
        }
    }

    func standingAt(_ path: [Value], _ item: Item) throws(Failure) -> Item {
        Item(try Paths.get(item.value, path: path, fuel), depth: max(item.depth, 1))
    }

    private func mapped(
        _ body: Code, _ item: Item, _ env: Environment?
    ) throws(Failure) -> Item {
        var elements: [Value] = []
        var depth: Int32 = 0
        _ = try iterated(item, .none, false) { (element, _) throws(Failure) in
            try outputs(body, element, env) { (output) throws(Failure) in
                try fuel.charge(Fuel.element)
                elements.append(output.value)
                depth = max(depth, output.depth)
                return true
            }
        }
        return try made(.array(elements), depth: depth + 1)
    }

    /// Whether a condition holds for any, or for all, outputs; the first that decides ends it.
    private func found(
        _ arguments: [Code], _ item: Item, _ env: Environment?, _ wanted: Bool
    ) throws(Failure) -> Item {
        var isFound = false
        _ = try outputs(arguments[0], item, env) { (element) throws(Failure) in
            try outputs(arguments[1], element, env) { (answer) throws(Failure) in
                isFound = answer.value.isTrue == wanted
                return !isFound
            }
        }
        return Item(flat: .bool(isFound == wanted))
    }

    /// Elements sorted, grouped or chosen by the outputs of a node for each of them.
    private func ordered(
        _ form: Form, _ key: Code, _ item: Item, _ env: Environment?
    ) throws(Failure) -> Item {
        guard case .array(let array) = item.value else {
            throw Failure(
                "\(Described.typed(item.value)) cannot be sorted, as it is not an array")
        }
        var keys: [Value] = []
        for element in array {
            var outputs: [Value] = []
            _ = try self.outputs(key, Item(element, depth: item.depth - 1), env) {
                (output) throws(Failure) in
                try fuel.charge(Fuel.element)
                outputs.append(output.value)
                return true
            }
            keys.append(.array(outputs))
        }
        let value = try Collections.arranged(array, by: keys, form, fuel)
        return try made(value, depth: max(item.depth, 1) + 1)
    }
}
