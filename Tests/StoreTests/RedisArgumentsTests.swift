import Testing
import Wire

@testable import Store

@Suite struct RedisArgumentsTests {
    private func written(_ body: (inout RedisArguments) -> Void) -> String {
        var arguments = RedisArguments()
        body(&arguments)
        #expect(arguments.count == 1 && arguments.byteCount == arguments.buffer.count)
        return String(decoding: arguments.buffer, as: UTF8.self)
    }

    @Test(
        "Numbers are written in decimal digits, with their length before them",
        arguments: [
            0, 1, 9, 10, 99, 100, 12_345, -1, -10, -99, Int64.max, Int64.min, 1 << 53, -100,
        ])
    func numbers(number: Int64) {
        let text = String(number)
        #expect(written { $0.number(number) } == "$\(text.utf8.count)\r\n\(text)\r\n")
    }

    @Test("A number of 64 bits without a sign is written whole")
    func unsigned() {
        #expect(written { $0.number(UInt64.max) } == "$20\r\n18446744073709551615\r\n")
    }

    @Test("Texts and bytes are counted in bytes, and nothing in them ends them")
    func texts() {
        #expect(written { $0.text("") } == "$0\r\n\r\n")
        #expect(written { $0.text("grün\r\n") } == "$7\r\ngrün\r\n\r\n")
        #expect(written { $0.bytes([UInt8](repeating: 0, count: 3)) } == "$3\r\n\0\0\0\r\n")
        let bytes: [UInt8] = [36, 49, 13, 10]
        let raw = written { arguments in
            let span = bytes.span
            arguments.bytes(unsafe span.bytes)
        }
        #expect(raw == "$4\r\n$1\r\n\r\n")
        let digest = Digest(high: 1, low: .max)
        #expect(written { $0.digest(digest) } == "$22\r\n\(digest)\r\n")
    }

    @Test("A message is one argument that reads back as the message")
    func messages() throws {
        let envelope = [UInt8](repeating: 7, count: 300)
        let message = StoredMessage(envelope: envelope, content: ContentBytes([1, 2, 3]))
        var arguments = RedisArguments()
        arguments.message(message)
        let bytes = arguments.buffer
        #expect(bytes.starts(with: Array("$305\r\n".utf8)) && bytes.suffix(2) == [13, 10])
        let back = try #require(StoredMessage(Array(bytes.dropFirst(6).dropLast(2))))
        #expect(back.envelope == envelope && back.content.array == [1, 2, 3])
    }

    @Test("Arguments are added to others, and a cleared list begins anew")
    func lists() {
        var one = RedisArguments()
        one.text("a")
        var two = RedisArguments()
        two.number(1)
        two.append(one)
        #expect(two.count == 2 && two.buffer == Array("$1\r\n1\r\n$1\r\na\r\n".utf8))
        two.clear()
        #expect(two.isEmpty && two.byteCount == 0)
        two.command(["PING"])
        #expect(two.buffer == Array("*1\r\n$4\r\nPING\r\n".utf8))
    }
}
