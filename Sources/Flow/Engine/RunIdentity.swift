package import Document

/// What a run is told about itself once, and what must be the same when it is run again.
package struct RunIdentity: Sendable {
    package var id: String
    package var runtime: Runtime
    /// The secrets that were found, of those the workflow declares.
    package var secrets: ObjectValue
    /// What jitter and the ids of events are made of.
    package var seed: UInt64

    package struct Runtime: Sendable {
        package var name: String
        package var version: String

        package init(name: String, version: String) {
            self.name = name
            self.version = version
        }
    }

    package init(id: String, runtime: Runtime, secrets: ObjectValue = [:], seed: UInt64 = 0) {
        self.id = id
        self.runtime = runtime
        self.secrets = secrets
        self.seed = seed
    }

    /// A number that looks like chance and is the same each time: for one purpose of one step.
    func random(_ purpose: String) -> UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325 ^ seed
        for byte in id.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        for byte in purpose.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        hash = (hash ^ (hash >> 30)) &* 0xbf58_476d_1ce4_e5b9
        hash = (hash ^ (hash >> 27)) &* 0x94d0_49bb_1331_11eb
        return hash ^ (hash >> 31)
    }

    /// An id in the form of a UUID, the same for the same step.
    func uuid(_ purpose: String) -> String {
        let hex = [random(purpose + "/0"), random(purpose + "/1")].map { number in
            let text = String(number, radix: 16)
            return String(repeating: "0", count: 16 - text.utf8.count) + text
        }.joined()
        var digits = Array(hex.utf8)
        digits[12] = UInt8(ascii: "4")
        digits[16] = UInt8(ascii: "8")
        let parts = [0..<8, 8..<12, 12..<16, 16..<20, 20..<32]
        return parts.map { String(decoding: digits[$0], as: UTF8.self) }.joined(separator: "-")
    }
}
