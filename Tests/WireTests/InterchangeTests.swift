import Document
import Glibc
import Testing
import Wire

/// Holds the codec against Google's: `Tests/Interop/codec.py` made the bytes, and what Google reads
/// from them.
@Suite("Bytes of Google's protobuf")
struct InterchangeTests {
    private struct Sample: Codable {
        let hex: String
        let message: Value

        var bytes: [UInt8] {
            get throws {
                let digits = Array(hex)
                return try stride(from: 0, to: digits.count - 1, by: 2).map {
                    try #require(UInt8(String(digits[$0...$0 + 1]), radix: 16))
                }
            }
        }
    }

    @Test("are read as Google reads them, and what is written from that is the same message")
    func corpus() throws {
        let lines = try #require(Repository.lines("Tests/Interop/google.jsonl"))
        #expect(lines.count == 200)
        for line in lines { _ = try answer(line) }
    }

    /// The live run of `Tests/Interop/run`: fresh messages come in, what we write goes back to
    /// Google.
    @Test(
        "made just now are read and written back",
        .enabled(if: folder != nil, "Tests/Interop/run makes the messages and plays this"))
    func live() throws {
        let folder = try #require(Self.folder)
        let lines = try #require(Repository.lines(at: "\(folder)/made"))
        guard let file = unsafe fopen("\(folder)/answered", "w") else {
            Issue.record("\(folder)/answered cannot be written")
            return
        }
        defer { unsafe fclose(file) }
        for line in lines {
            let hex = try answer(line).map { String(UInt16($0) | 0x100, radix: 16) }
            unsafe fputs(hex.map { String($0.dropFirst()) }.joined() + "\n", file)
        }
    }

    private static let folder = unsafe getenv("BATON_INTERCHANGE").map {
        unsafe String(cString: $0)
    }

    private func answer(_ line: String) throws -> [UInt8] {
        let sample = try JSON.decode(Sample.self, from: Array(line.utf8))
        let envelope = try Envelope(decoding: sample.bytes)
        #expect(AgentMessage(envelope).json == sample.message, "\(sample.hex)")
        #expect(try AgentMessage(json: sample.message).envelope == envelope)
        let written = envelope.encoded()
        #expect(try Envelope(decoding: written) == envelope)
        return written
    }
}
