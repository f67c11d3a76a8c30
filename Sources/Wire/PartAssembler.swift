package import Telemetry

/// Puts the pieces of one sender's large contents together again, never holding more than one
/// content.
///
/// The pieces of a message follow each other in order, so there is at most one message under way.
/// What begins in between (a first piece, or a message that travels in one) abandons it, and then
/// its later pieces are refused: a content is handed on whole or not at all.
package struct PartAssembler {
    /// What the envelope says about a piece.
    package struct Mark: Hashable, Sendable {
        package let messageID: String
        /// From 1; `nil` on the last piece, which travels in the message itself.
        package let sequence: UInt64?
        package let parts: UInt32

        package init(messageID: String, sequence: UInt64?, parts: UInt32) {
            self.messageID = messageID
            self.sequence = sequence
            self.parts = parts
        }
    }

    package enum Action {
        /// More pieces are to come.
        case wait
        /// The message has all of its content.
        case deliver(any Content)
        /// The message cannot be completed; `frames` or `too_large`.
        case refuse(Fault)
    }

    /// The last piece taken of the message under way, and the content so far.
    private var last: Mark?
    private var bytes: [UInt8] = []

    package init() {}

    /// The bytes kept for a message under way.
    package var pending: Int { bytes.count }

    /// Takes the next message of this sender; every one has to come by here, whole ones too.
    package mutating func receive(
        _ view: borrowing EnvelopeView, _ content: any Content
    ) -> Action {
        if view.type != .part, view.parts <= 1 { return whole(content) }
        return receive(
            Mark(
                messageID: view[.messageID],
                sequence: view.type == .part ? view.sequence : nil, parts: view.parts),
            content)
    }

    package mutating func receive(_ mark: Mark, _ content: any Content) -> Action {
        if mark.sequence == nil, mark.parts <= 1 { return whole(content) }
        do throws(Fault) {
            try check(mark, content.count)
            try follow(mark)
            try append(content)
        } catch {
            abandon()
            return .refuse(error)
        }
        guard mark.sequence == nil else {
            last = mark
            return .wait
        }
        defer { abandon() }
        return .deliver(ContentBytes(bytes))
    }

    private mutating func whole(_ content: any Content) -> Action {
        abandon()
        guard content.count <= WireLimits.part else { return .refuse(Self.tooLargePart) }
        return .deliver(content)
    }

    private mutating func abandon() {
        last = nil
        bytes = []
    }

    /// What can be said of a piece alone.
    private func check(_ mark: Mark, _ count: Int) throws(Fault) {
        guard !mark.messageID.isEmpty else {
            throw Fault(WireCode.frames, "a piece needs the message_id of its message")
        }
        guard mark.parts >= 2 else {
            throw Fault(WireCode.frames, "a content in pieces has at least 2 parts")
        }
        guard mark.parts <= WireLimits.parts else {
            throw Fault(
                WireCode.tooLarge,
                "a content travels in at most \(WireLimits.parts) parts, not \(mark.parts)")
        }
        guard mark.sequence ?? 1 < mark.parts else {
            throw Fault(WireCode.frames, "the last piece travels in the message itself")
        }
        guard count > 0 else { throw Fault(WireCode.frames, "a piece is never empty") }
        guard count <= WireLimits.part else { throw Self.tooLargePart }
    }

    /// Whether the piece begins a message, or is the very next one of the message under way.
    private mutating func follow(_ mark: Mark) throws(Fault) {
        if mark.sequence == 1, last?.messageID != mark.messageID {
            abandon()
            return
        }
        guard let last, last.messageID == mark.messageID else {
            throw Fault(WireCode.frames, "a piece came without the pieces before it")
        }
        let expected = (last.sequence ?? 0) + 1
        guard last.parts == mark.parts, (mark.sequence ?? UInt64(mark.parts)) == expected else {
            throw Fault(
                WireCode.frames, "piece \(expected) of \(last.parts) was expected, another came")
        }
    }

    private mutating func append(_ content: any Content) throws(Fault) {
        guard bytes.count + content.count <= WireLimits.content else {
            throw Fault(
                WireCode.tooLarge, "a content has at most \(WireLimits.content) bytes in all")
        }
        content.withBytes { span in
            unsafe span.withUnsafeBytes { unsafe bytes.append(contentsOf: $0) }
        }
    }

    private static let tooLargePart = Fault(
        WireCode.tooLarge,
        "a message holds at most \(WireLimits.part) bytes of content; more travels in parts")
}
