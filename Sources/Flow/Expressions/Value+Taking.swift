import Document

/// Taking out what a value holds, so that it has one owner while it is changed. Each leaves null
/// behind, or, where the value is something else, leaves it alone and gives nothing. They are
/// functions of their own because what a `switch` has bound lives as long as its scope.
extension Value {
    mutating func takeArray() -> [Value]? {
        guard case .array(let array) = self else { return nil }
        self = .null
        return array
    }

    mutating func takeObject() -> ObjectValue? {
        guard case .object(let object) = self else { return nil }
        self = .null
        return object
    }

    mutating func takeText() -> String? {
        guard case .string(let text) = self else { return nil }
        self = .null
        return text
    }

    mutating func take() -> Value {
        let value = self
        self = .null
        return value
    }
}
