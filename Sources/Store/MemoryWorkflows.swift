import Telemetry

/// The texts of workflows that the store in memory has, each under its digest for a while after it
/// was last kept.
struct MemoryWorkflows {
    private var texts: [String: (bytes: [UInt8], until: UInt64)] = [:]

    mutating func keep(_ digest: String, _ text: [UInt8], at now: UInt64) {
        let known = self.text(digest, at: now)
        if known == nil { texts = texts.filter { $0.value.until > now } }
        let bytes = known ?? text
        texts[digest] = (bytes, now + UInt64(StateCommand.workflowLife.milliseconds))
    }

    func text(_ digest: String, at now: UInt64) -> [UInt8]? {
        guard let kept = texts[digest], kept.until > now else { return nil }
        return kept.bytes
    }
}
