import Wire

/// Endings that the store itself writes.
extension StoredMessage {
    /// The end of a request that failed in the store itself.
    init(failure code: StoreCode, _ message: String) {
        var writer = EnvelopeWriter()
        writer.begin(.error)
        writer.error(WireError(code: code.rawValue, message: message))
        self.init(envelope: writer.finish(), content: ContentBytes.empty)
    }
}
