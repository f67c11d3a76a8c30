import Testing
import Wire

@testable import Store

/// Digests as names: stable over versions, told apart, written and read.
@Suite struct DigestTests {
    @Test("a digest is the first half of a SHA-256")
    func known() {
        let digest = Digest(content: ContentBytes(Array("abc".utf8)))
        #expect(digest == Digest(high: 0xba78_16bf_8f01_cfea, low: 0x4141_40de_5dae_2223))
    }

    @Test("what is written can be read, and nothing else")
    func text() {
        for digest in [Digest("a", "b"), Digest(high: 0, low: 0), Digest(high: .max, low: .max)] {
            #expect(digest.description.utf8.count == 22)
            // Without the type it would be the digest of that word.
            #expect(Digest(digest.description) as Digest? == digest)
        }
        #expect(Digest("") == nil as Digest?)
        #expect(Digest("AAAAAAAAAAAAAAAAAAAAAB") == nil as Digest?)
        #expect(Digest("AAAAAAAAAAAAAAAAAAAA:A") == nil as Digest?)
    }

    @Test("words are kept apart")
    func apart() {
        #expect(RecordKey(tenant: "ab", id: "c") != RecordKey(tenant: "a", id: "bc"))
    }
}
