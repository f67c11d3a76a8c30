import Testing
import Wire

/// Holds the code against the text of `proto/agent_message.proto`: the file is the contract, the
/// code follows.
@Suite("The wire contract")
struct ContractTests {
    /// `TYPE = 1;` and `uint32 step = 10;` within the braces of one declaration, comments left out.
    private func numbers(in declaration: String) throws -> [String: UInt64] {
        let lines = try #require(Repository.lines("proto/agent_message.proto"))
        let code = lines.map { line in
            line.split(separator: "//", maxSplits: 1, omittingEmptySubsequences: false)[0]
        }
        let text = code.joined(separator: " ")
        let start = try #require(text.split(separator: declaration + " {", maxSplits: 1).last)
        let body = start.prefix { $0 != "}" }
        var numbers: [String: UInt64] = [:]
        for statement in body.split(separator: ";") {
            let sides = statement.split(separator: "=")
            guard sides.count == 2, let name = sides[0].split(separator: " ").last else { continue }
            numbers[String(name)] = UInt64(sides[1].filter { $0 != " " })
        }
        return numbers
    }

    @Test("has the message types of the code, names and numbers")
    func types() throws {
        var declared = try numbers(in: "enum Type")
        #expect(declared.removeValue(forKey: "NONE") == 0)
        let known = MessageType.allCases.map { ($0.name, UInt64($0.rawValue)) }
        #expect(declared == Dictionary(uniqueKeysWithValues: known))
        for type in MessageType.allCases { #expect(MessageType(name: type.name) == type) }
        #expect(MessageType(name: "NONE") == nil)
    }

    @Test("has the effects and deliveries of the code")
    func words() throws {
        let effects = Effect.allCases.map { ($0.name.uppercased(), UInt64($0.rawValue)) }
        #expect(try numbers(in: "enum Effect") == Dictionary(uniqueKeysWithValues: effects))
        let deliveries = Delivery.allCases.map { ($0.name.uppercased(), UInt64($0.rawValue)) }
        #expect(try numbers(in: "enum Delivery") == Dictionary(uniqueKeysWithValues: deliveries))
        for effect in Effect.allCases { #expect(Effect(name: effect.name) == effect) }
        for delivery in Delivery.allCases { #expect(Delivery(name: delivery.name) == delivery) }
    }

    @Test("has exactly the fields that the code writes, each with its number")
    func fields() throws {
        let declared = try numbers(in: "message Envelope")
        let names = Set(Field.all.map(\.name) + ["version", "type"])
        #expect(Set(declared.keys) == names)
        #expect(declared["version"] == 1)
        #expect(declared["type"] == 2)
        for field in Field.all {
            var envelope = Envelope(.ping)
            field.set(&envelope)
            let tag = Self.varint(envelope.encoded()[4...])
            #expect(tag >> 3 == declared[field.name], "\(field.name)")
        }
    }

    @Test("has the fields of an error with the numbers the code writes")
    func error() throws {
        var envelope = Envelope(.fail)
        envelope.error = WireError(
            code: "c", message: "m", retryable: true, retryAfter: 9, details: "{}")
        let expected =
            [
                "code": 1, "message": 2, "retryable": 3, "retry_after_ms": 4, "details": 5,
            ] as [String: UInt64]
        #expect(try numbers(in: "message Error") == expected)
        let error = RawMessage().text(1, "c").text(2, "m").number(3, 1).number(4, 9)
            .text(5, "{}").bytes
        #expect(envelope.encoded() == RawMessage.valid(type: 28).piece(21, error).bytes)
    }

    @Test("names every error code of the code and no other")
    func codes() throws {
        let lines = try #require(Repository.lines("proto/agent_message.proto"))
        let start = try #require(lines.firstIndex { $0.hasPrefix("// Error codes:") })
        let text = lines[start...].joined(separator: " ").split(separator: ":", maxSplits: 1)[1]
        var words = Set<String>()
        var depth = 0
        var word = ""
        for character in text {
            if character == "(" { depth += 1 }
            if depth == 0, character.isLowercase || character == "_" {
                word.append(character)
            } else if !word.isEmpty {
                words.insert(word)
                word = ""
            }
            if character == ")" { depth -= 1 }
        }
        #expect(words == Set(WireCode.allCases.map(\.rawValue)))
    }

    private static func varint(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        var value: UInt64 = 0
        for (index, byte) in bytes.prefix(10).enumerated() {
            value |= UInt64(byte & 0x7f) << UInt64(7 * index)
            if byte < 0x80 { break }
        }
        return value
    }
}
