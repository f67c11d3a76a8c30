import Document

/// Arrays, objects, texts, and functions of values.
extension Machine {
    func collected(
        _ inner: Code?, _ item: Item, _ env: Environment?
    ) throws(Failure) -> Item {
        var elements: [Value] = []
        var depth: Int32 = 0
        if let inner {
            _ = try each(inner, item, .none, env) { (output, _) throws(Failure) in
                try fuel.charge(Fuel.element)
                elements.append(output.value)
                depth = max(depth, output.depth)
                return true
            }
        }
        return try made(.array(elements), depth: depth + 1)
    }

    /// An object whose keys and values give one output each; nothing where one gives none.
    func object(
        _ members: [Code.Member], _ item: Item, _ env: Environment?
    ) throws(Failure) -> Item? {
        var object = ObjectValue()
        var depth: Int32 = 0
        try fuel.charge(members.count * Fuel.member)
        for member in members {
            let name: String
            if case .literal(.string(let literal)) = member.key.operation {
                name = literal
            } else {
                guard let key = try one(member.key, item, env) else { return nil }
                name = try self.key(key)
            }
            guard let value = try one(member.value, item, env) else { return nil }
            object[name] = value.value
            depth = max(depth, value.depth)
        }
        return try made(.object(object), depth: depth + 1)
    }

    func key(_ item: Item) throws(Failure) -> String {
        guard case .string(let name) = item.value else {
            throw Failure(
                "Object keys must be strings, not \(Described.typed(item.value))")
        }
        return name
    }

    func string(
        _ format: Format, _ pieces: [Code.Piece], _ item: Item, _ env: Environment?
    ) throws(Failure) -> Item? {
        var outputs: [String] = []
        // The last piece is evaluated first, as the sum of texts that this is would do.
        for piece in pieces.reversed() {
            switch piece {
            case .text(let text): outputs.append(text)
            case .expression(let code):
                guard let value = try one(code, item, env) else { return nil }
                outputs.append(try format.apply(value.value, fuel))
            }
        }
        if outputs.count == 1 { return Item(flat: .string(outputs[0])) }
        return Item(flat: .string(outputs.reversed().joined()))
    }

    func plainly(
        _ plain: Plain, _ arguments: [Code], _ item: Item, _ env: Environment?
    ) throws(Failure) -> Item? {
        guard !arguments.isEmpty else { return try plainly(plain, item, []) }
        var values: [Item] = []
        for argument in arguments {
            guard let value = try one(argument, item, env) else { return nil }
            values.append(value)
        }
        return try plainly(plain, item, values)
    }

    func plainly(_ plain: Plain, _ item: Item, _ arguments: [Item]) throws(Failure) -> Item {
        var depth = item.depth
        for argument in arguments { depth = max(depth, argument.depth) }
        let value = try apply(plain, item.value, arguments.map(\.value))
        if case .number(let number) = value, !number.isFinite { fuel.hasUnwritable = true }
        if case .fromJSON = plain { depth = Item.deepestInput }
        if case .setPath = plain { depth += Int32(Paths.longest) }
        return value.isContainer ? try made(value, depth: depth + 2) : Item(flat: value)
    }
}
