internal import Document
internal import Telemetry

/// Reading the members of a message in JSON: absent is nil, another type is a fault that names the
/// member.
extension ObjectValue {
    func text(_ name: String) throws(Fault) -> String? {
        guard let value = self[name] else { return nil }
        return try value.text(name)
    }

    func natural<Number: FixedWidthInteger & UnsignedInteger>(
        _ name: String, _ type: Number.Type = UInt64.self
    ) throws(Fault) -> Number? {
        guard let value = self[name] else { return nil }
        guard let number = value.unsigned else {
            throw Fault(WireCode.invalid, "\(name): must be a whole number that is not negative")
        }
        guard let exact = Number(exactly: number) else {
            throw Fault(WireCode.range, "\(name): is beyond \(Number.bitWidth) bits")
        }
        return exact
    }

    func flag(_ name: String) throws(Fault) -> Bool? {
        guard let value = self[name] else { return nil }
        guard let flag = value.bool else {
            throw Fault(WireCode.invalid, "\(name): must be true or false")
        }
        return flag
    }

    func members(_ name: String) throws(Fault) -> ObjectValue? {
        guard let value = self[name] else { return nil }
        guard let members = value.object else {
            throw Fault(WireCode.invalid, "\(name): must be an object")
        }
        return members
    }

    func word<Word>(_ name: String, _ make: (String) -> Word?) throws(Fault) -> Word? {
        guard let text = try text(name) else { return nil }
        guard let word = make(text) else {
            throw Fault(WireCode.range, "\(name): \"\(text)\" is not known")
        }
        return word
    }
}

extension Value {
    func text(_ name: String) throws(Fault) -> String {
        guard let text = string else { throw Fault(WireCode.invalid, "\(name): must be text") }
        return text
    }
}
