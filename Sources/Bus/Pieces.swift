package import Telemetry
package import Wire

/// Large contents on their way out: each piece with the envelope it travels in.
package enum Pieces {
    /// The messages a content above the limit of a part travels in; the last one is the message
    /// itself.
    ///
    /// - Parameter id: what this content is called; its sender never uses it twice in a row.
    package static func messages(
        envelope: [UInt8], _ content: any Content, id: String
    ) throws(Fault) -> [(envelope: [UInt8], content: any Content)] {
        var messages: [(envelope: [UInt8], content: any Content)] = []
        for piece in try PartSplitter(content) {
            var writer = EnvelopeWriter()
            switch piece {
            case .part(let sequence, let parts, let slice):
                writer.begin(.part)
                writer.text(.messageID, id)
                writer.sequence(sequence)
                writer.parts(parts)
                messages.append((writer.finish(), slice))
            case .message(let parts, let slice):
                writer.forward(envelope)
                writer.text(.messageID, id)
                writer.parts(parts)
                messages.append((writer.finish(), slice))
            }
        }
        return messages
    }
}

/// Large contents on their way in, one under way per peer, and only so many at once.
struct Assemblies {
    private static let limit = 256
    private var underWay: [PeerID: PartAssembler] = [:]

    mutating func receive(
        _ view: borrowing EnvelopeView, _ content: any Content, from peer: PeerID
    ) throws(Fault) -> PartAssembler.Action {
        let isWhole = view.type != .part && view.parts <= 1
        if isWhole, underWay.isEmpty, content.count <= WireLimits.part { return .deliver(content) }
        var assembler = underWay.removeValue(forKey: peer) ?? PartAssembler()
        let action = assembler.receive(view, content)
        guard assembler.pending > 0 else { return action }
        guard underWay.count < Self.limit else {
            throw Fault(
                WireCode.busy, "\(Self.limit) large contents are under way: no more for now",
                retry: .after(.milliseconds(100)))
        }
        underWay[peer] = assembler
        return action
    }

    mutating func forget(_ peer: PeerID) { underWay[peer] = nil }
}
