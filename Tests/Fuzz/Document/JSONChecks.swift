import Document

/// A value that was read survives every way through the module: each written form, the
/// coder, a schema.
func checkJSON(_ bytes: [UInt8]) {
    let value = try? JSON.parse(bytes)
    let raw = try? unsafe JSON.parse(bytes.span.bytes)
    precondition(value == raw, "spans and arrays are read differently")
    guard let value else { return }
    checkForms(value)
    checkCoding(value)
    checkSchema(value)
}

private func read(_ bytes: [UInt8]) -> Value? {
    // Pretty and escaped text is longer than what it was read from.
    try? JSON.parse(bytes, limits: Limits(bytes: .max, stringBytes: .max))
}

private func checkForms(_ value: Value) {
    let written = JSON.write(value)
    precondition(read(written) == value, "the written form reads differently")
    precondition(read(written).map { JSON.write($0) } == written, "the written form is not stable")
    precondition(
        read(JSON.write(value, pretty: true)) == value, "the pretty form reads differently")
    let canonical = JSON.canonical(value)
    precondition(read(canonical) == value, "the canonical form reads differently")
    precondition(read(canonical).map(JSON.canonical) == canonical, "canonical is not one form")
    precondition(read(canonical)?.hashValue == value.hashValue, "equal values, unequal hashes")
}

private struct Sample: Codable, Equatable {
    var a: Int8?
    var b: UInt64?
    var c: [String: Double]?
    var d: [Sample]?
    var e: Value?
    var f: [Bool?]?
    var g: String?
}

private func checkCoding(_ value: Value) {
    precondition(
        (try? DocumentEncoder().encode([value])) == [value], "a value is encoded differently")
    guard let sample = try? DocumentDecoder().decode(Sample.self, from: value) else { return }
    let encoded = try? DocumentEncoder().encode(sample)
    let again = encoded.flatMap { try? DocumentDecoder().decode(Sample.self, from: $0) }
    precondition(again == sample, "a decoded type does not survive its own encoding")
}

private func checkSchema(_ value: Value) {
    guard let schema = try? Schema(value) else { return }
    let filled = schema.applyDefaults(value)
    precondition(schema.applyDefaults(filled) == filled, "defaults are not filled at once")
    _ = schema.validate(value)
}
