import Document

/// Changing values in place. What is taken out of its holder while it is changed has one owner, so
/// nothing is copied that nobody else holds.
extension Paths {
    /// The longest array that writing behind its end may make.
    private static let longestArray = 1 << 22

    typealias Change = (inout Value) throws(Failure) -> Void

    /// Changes what stands at a path; what is missing on the way is made.
    dynamic static func update(
        _ value: inout Value, _ path: ArraySlice<Value>, _ fuel: Fuel, _ change: Change
    ) throws(Failure) {
        guard let key = path.first else { return try change(&value) }
        try fuel.step()
        let rest = path.dropFirst()
        switch value.kind {
        case .object: try updateMember(&value, key, rest, fuel, change)
        case .array, .null: try updateWithin(&value, key, rest, fuel, change)
        case .string where key.kind == .object:
            throw Failure("Cannot update field at object index of string")
        default: throw refusal(value, key)
        }
    }

    private static func updateMember(
        _ value: inout Value, _ key: Value, _ rest: ArraySlice<Value>, _ fuel: Fuel,
        _ change: Change
    ) throws(Failure) {
        guard case .string(let name) = key else { throw refusal(value, key) }
        guard var object = value.takeObject() else { return }
        let place = object.place
        var member = object[name] ?? .null
        if object[name] != nil { object[name] = .null }
        try update(&member, rest, fuel, change)
        object[name] = member
        try fuel.charge(object, movedFrom: place)
        value = .object(object)
    }

    /// Changes an array, or null, which becomes what the key asks for.
    private static func updateWithin(
        _ value: inout Value, _ key: Value, _ rest: ArraySlice<Value>, _ fuel: Fuel,
        _ change: Change
    ) throws(Failure) {
        switch key {
        case .string(let name):
            guard value.isNull else { throw refusal(value, key) }
            var member = Value.null
            try update(&member, rest, fuel, change)
            value = .object([name: member])
        case .integer, .number, .unsigned: try updateElement(&value, key, rest, fuel, change)
        case .object(let bounds): try updateSlice(&value, bounds, rest, fuel, change)
        case .array where !value.isNull:
            throw Failure("Cannot update field at array index of array")
        default: throw refusal(value, key)
        }
    }

    private static func updateElement(
        _ value: inout Value, _ key: Value, _ rest: ArraySlice<Value>, _ fuel: Fuel,
        _ change: Change
    ) throws(Failure) {
        guard var index = Numbers.position(key) else { throw refusal(value, key) }
        var array = value.takeArray() ?? []
        if index < 0 { index += array.count }
        guard index >= 0 else { throw Failure("Out of bounds negative array index") }
        guard index < longestArray else { throw Failure("Array index too large") }
        if index >= array.count {
            try fuel.charge((index + 1 - array.count) * Fuel.element)
            array.append(contentsOf: repeatElement(.null, count: index + 1 - array.count))
        }
        let place = Fuel.place(array)
        var element = array[index]
        array[index] = .null
        try fuel.charge(array, movedFrom: place)
        try update(&element, rest, fuel, change)
        array[index] = element
        value = .array(array)
    }

    private static func updateSlice(
        _ value: inout Value, _ bounds: ObjectValue, _ rest: ArraySlice<Value>, _ fuel: Fuel,
        _ change: Change
    ) throws(Failure) {
        var array = value.array ?? []
        let (from, to) = try self.bounds(bounds)
        let range = try range(from, to, count: array.count)
        try fuel.charge(array.count * Fuel.element)
        var part = value.isNull ? Value.null : .array(Array(array[range]))
        try update(&part, rest, fuel, change)
        guard case .array(let fresh) = part else {
            throw Failure("A slice of an array can only be assigned another array")
        }
        array.replaceSubrange(range, with: fresh)
        value = .array(array)
    }

    static func set(
        _ value: inout Value, _ path: [Value], to fresh: Value, _ fuel: Fuel
    ) throws(Failure) {
        try update(&value, path[...], fuel) { $0 = fresh }
    }

    /// Deletes what stands at each of the paths, the last ones first, so no index shifts.
    static func delete(
        _ value: inout Value, _ paths: [Value], _ fuel: Fuel
    ) throws(Failure) {
        try fuel.charge(paths.count * Fuel.element)
        for position in try ValueOrder.sorted(paths, fuel).reversed() {
            guard case .array(let path) = paths[position] else {
                throw Failure("Path must be specified as an array")
            }
            try delete(&value, path[...], fuel)
        }
    }

    private static func delete(
        _ value: inout Value, _ path: ArraySlice<Value>, _ fuel: Fuel
    ) throws(Failure) {
        try fuel.step()
        guard let key = path.first else {
            value = .null
            return
        }
        if value.isNull { return }
        if path.count == 1 { return try remove(&value, key, fuel) }
        // What is not there needs no deletion, and must not be made for it.
        if try get(value, key, fuel).isNull { return }
        try update(&value, [key], fuel) { (inner) throws(Failure) in
            try delete(&inner, path.dropFirst(), fuel)
        }
    }

    private static func remove(
        _ value: inout Value, _ key: Value, _ fuel: Fuel
    ) throws(Failure) {
        switch (value.kind, key) {
        case (.object, .string(let name)):
            guard var object = value.takeObject() else { return }
            let place = object.place
            try fuel.charge(steps: object.count / 16)
            object[name] = nil
            try fuel.charge(object, movedFrom: place)
            value = .object(object)
        case (.array, .integer), (.array, .number), (.array, .unsigned):
            try removeElement(&value, key, fuel)
        case (.array, .object(let bounds)):
            let (from, to) = try self.bounds(bounds)
            guard var array = value.takeArray() else { return }
            try fuel.charge(array.count * Fuel.element)
            array.removeSubrange(try range(from, to, count: array.count))
            value = .array(array)
        case (.object, _), (.array, _):
            throw Failure(
                "Cannot delete field at \(key.kind.rawValue) index of \(value.kind.rawValue)")
        default: throw Failure("Cannot delete fields from \(value.kind.rawValue)")
        }
    }

    private static func removeElement(
        _ value: inout Value, _ key: Value, _ fuel: Fuel
    ) throws(Failure) {
        guard let index = Numbers.position(key), var array = value.takeArray() else { return }
        let position = index < 0 ? index + array.count : index
        if array.indices.contains(position) {
            let place = Fuel.place(array)
            try fuel.charge(steps: (array.count - position) / 64)
            array.remove(at: position)
            try fuel.charge(array, movedFrom: place)
        }
        value = .array(array)
    }
}
