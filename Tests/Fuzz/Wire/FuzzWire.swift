import Document
import Telemetry
import Wire

/// Feeds the codec any bytes: what it reads it must write again, and nothing may trap.
///
/// The first byte chooses what the rest is: an envelope, texts, or the messages of one sender of
/// pieces.
@_cdecl("LLVMFuzzerTestOneInput")
func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = unsafe [UInt8](UnsafeBufferPointer(start: start, count: count))
    guard let choice = input.first else { return 0 }
    let rest = Array(input.dropFirst())
    switch choice % 4 {
    case 0: decodeAndForward(rest)
    case 1: readTexts(rest)
    case 2: assemble(rest)
    default: readJSON(rest)
    }
    return 0
}

/// What is decoded, encoded and decoded again is the same; appended fields win.
private func decodeAndForward(_ bytes: [UInt8]) {
    guard let view = try? unsafe EnvelopeView(bytes.span.bytes) else { return }
    _ = try? view.error()
    _ = try? view.headers()
    guard let envelope = try? Envelope(view) else { return }
    for field in TextField.allCases {
        precondition(view.isEmpty(field) == envelope[field].isEmpty)
        _ = view.has(field, "cost")
    }
    let encoded = envelope.encoded()
    // Broken UTF-8 is replaced by characters of three bytes, so what is written may outgrow an
    // envelope.
    if encoded.count <= WireLimits.envelope, let again = try? Envelope(decoding: encoded) {
        precondition(again == envelope)
    }
    forward(bytes, envelope)
}

private func forward(_ bytes: [UInt8], _ envelope: Envelope) {
    var writer = EnvelopeWriter()
    writer.forward(bytes)
    writer.type(.task)
    writer.text(.sender, "cost#3")
    writer.dispatch(.max)
    writer.error(WireError(code: "lost", message: "", retryable: false))
    guard let forwarded = try? Envelope(decoding: writer.finish()) else { return }
    var expected = envelope
    expected.type = .task
    expected.sender = "cost#3"
    expected.dispatch = .max
    expected.error = WireError(code: "lost", message: "")
    precondition(forwarded == expected)
}

private func readTexts(_ bytes: [UInt8]) {
    let text = String(decoding: bytes, as: UTF8.self)
    if Name.isValid(text) { precondition((1...64).contains(bytes.count)) }
    if let address = try? Address(text) { precondition(address.description == text) }
    if let fence = try? Fence(text) {
        precondition((try? Fence(fence.description)) == fence)
        precondition(fence == Fence(0) || Fence(0) < fence)
    }
    if let decoded = try? Base64.decode(text) { precondition(Base64.encode(decoded) == text) }
    precondition((try? Base64.decode(Base64.encode(bytes))) == bytes)
}

/// Four bytes make one message: whose, which piece, of how many, and how long.
private func assemble(_ bytes: [UInt8]) {
    var assembler = PartAssembler()
    for start in stride(from: 0, to: bytes.count - 3, by: 4) {
        let (id, sequence, parts, size) =
            (bytes[start], bytes[start + 1], bytes[start + 2], Int(bytes[start + 3]))
        let mark = PartAssembler.Mark(
            messageID: id % 4 == 3 ? "" : "\(id % 4)",
            sequence: sequence == 0xff ? nil : UInt64(sequence), parts: UInt32(parts))
        let content = ContentBytes([UInt8](repeating: id, count: size * 300))
        switch assembler.receive(mark, content) {
        case .wait: precondition(assembler.pending <= WireLimits.content)
        case .deliver(let whole):
            precondition(whole.count <= WireLimits.content && assembler.pending == 0)
        case .refuse: precondition(assembler.pending == 0)
        }
    }
}

private func readJSON(_ bytes: [UInt8]) {
    guard let json = try? JSON.parse(bytes), let message = try? AgentMessage(json: json) else {
        return
    }
    precondition((try? AgentMessage(json: message.json)) == message)
}
