package import Telemetry

/// Reading YAML files as people write them: the core schema of YAML 1.2, one document, no tags,
/// bounded aliases.
///
/// JSON is read as well, being YAML. `<<` is a key like any other. An empty file is a null node at
/// line 1, column 1; whoever reads it decides whether that is a fault.
package enum YAML {
    /// `source` names the text in faults, most often by its path.
    package static func parse(
        _ text: [UInt8], limits: Limits = .file, source: String? = nil
    ) throws(Fault) -> Node {
        guard text.count <= limits.bytes else {
            throw Fault(
                DocumentCode.limit, "\(text.count) bytes, allowed are \(limits.bytes)",
                at: source ?? "1:1")
        }
        guard !text.isEmpty else { return Node(.nothing, source: source) }
        try checkEncoding(text, source)
        // SAFETY: the parser that holds the pointer is used up before the closure returns.
        let outcome = unsafe text.withUnsafeBufferPointer { buffer -> Result<NodeTree, Fault> in
            Result { () throws(Fault) in
                var composer = try unsafe YAMLComposer(YAMLEvents(buffer, source), limits, source)
                return try composer.document()
            }
        }
        return Node(try outcome.get(), source: source)
    }

    package static func parse(
        _ text: String, limits: Limits = .file, source: String? = nil
    ) throws(Fault) -> Node {
        try parse(Array(text.utf8), limits: limits, source: source)
    }

    private static func checkEncoding(_ text: [UInt8], _ source: String?) throws(Fault) {
        do throws(UTF8.ValidationError) {
            _ = try UTF8Span(validating: text.span)
        } catch {
            let place = TextPosition(offset: error.byteOffsets.lowerBound, in: text.span)
            throw Fault(
                DocumentCode.encoding, "the text is not valid UTF-8",
                at: place.named(source))
        }
    }
}
