import Document
import Glibc
import TestKit
import Testing
import Wire

/// Holds the codec against what was written once: an upgrade must read what others still send.
/// `Tests/Fixtures/README.md` says how a version is added.
@Suite("Recorded messages") struct FixtureTests {
    /// A line of an index.
    struct Fixture: Codable, Sendable, CustomTestStringConvertible {
        var file: String
        var note: String?
        var base: Value?
        var appended: String?
        var message: Value

        /// Whether our own encoder wrote it, and therefore writes it again.
        var isOwn: Bool { appended == nil }

        var testDescription: String { file }
    }

    private static let folder = "\(Products.root)/Tests/Fixtures/v1/messages"

    static let all: [Fixture] = {
        let fixtures = try? JSON.decode(
            [Fixture].self, from: FileTree.bytes(of: "\(folder)/index.json"))
        return fixtures ?? []
    }()

    @Test("of version 1 are there, every type and every file in its place")
    func complete() throws {
        let types = Set(Self.all.compactMap { $0.message["message_type"]?.string })
        #expect(types == Set(MessageType.allCases.map(\.name)))
        let files = FileTree.files(below: Self.folder).filter { $0 != "index.json" }
        #expect(files == Self.all.map(\.file).sorted())
    }

    @Test("are read to their JSON form, and written again byte for byte", arguments: all)
    func decodes(_ fixture: Fixture) throws {
        let (envelope, content) = try Self.frames(
            FileTree.bytes(of: "\(Self.folder)/\(fixture.file)"))
        let message = AgentMessage(try Envelope(decoding: envelope), content: content)
        #expect(message.json == fixture.message)
        let read = try AgentMessage(json: fixture.message)
        #expect(read == message)
        if fixture.isOwn {
            #expect(message.envelope.encoded() == envelope)
            #expect(read.envelope.encoded() == envelope)
        } else {
            #expect(try Envelope(decoding: message.envelope.encoded()) == message.envelope)
        }
    }

    @Test("of HELLO and WELCOME say what they said then")
    func greetings() throws {
        for fixture in Self.all {
            let bytes = JSON.write(fixture.message["content"] ?? .null)
            switch fixture.message["message_type"]?.string {
            case "HELLO":
                let hello = try JSON.decode(Hello.self, from: bytes)
                #expect(try JSON.parse(JSON.encode(hello)) == fixture.message["content"])
            case "WELCOME":
                let welcome = try JSON.decode(Welcome.self, from: bytes)
                #expect(try JSON.parse(JSON.encode(welcome)) == fixture.message["content"])
            default: break
            }
        }
    }

    @Test(
        "that are missing are recorded, those that are there stay as they are",
        .enabled(if: isRecording, "BATON_RECORD=1 records"))
    func records() throws {
        for fixture in Self.all where FileTree.kind(of: "\(Self.folder)/\(fixture.file)") == nil {
            let base = try AgentMessage(json: fixture.base ?? fixture.message)
            let envelope = base.envelope.encoded() + Self.bytes(fixture.appended ?? "")
            try Self.write(
                Self.length(envelope.count) + envelope + base.content,
                to: "\(Self.folder)/\(fixture.file)")
        }
    }

    // MARK: - Files

    private static let isRecording = unsafe getenv("BATON_RECORD") != nil

    private static func frames(_ bytes: [UInt8]) throws -> ([UInt8], [UInt8]) {
        try #require(bytes.count >= 4)
        let length = bytes[..<4].reduce(0) { $0 << 8 | Int($1) }
        try #require(bytes.count >= 4 + length)
        return (Array(bytes[4..<4 + length]), Array(bytes[(4 + length)...]))
    }

    private static func length(_ count: Int) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: count >> $0) }
    }

    private static func bytes(_ hex: String) -> [UInt8] {
        let digits = hex.compactMap(\.hexDigitValue)
        return stride(from: 0, to: digits.count - 1, by: 2).map {
            UInt8(digits[$0] << 4 | digits[$0 + 1])
        }
    }

    private static func write(_ bytes: [UInt8], to path: String) throws {
        guard let file = unsafe fopen(path, "wx") else { throw SystemError("open", path) }
        defer { unsafe fclose(file) }
        guard unsafe fwrite(bytes, 1, bytes.count, file) == bytes.count else {
            throw SystemError("write", path)
        }
    }
}
