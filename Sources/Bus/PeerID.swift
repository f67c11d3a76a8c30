/// Names one peer of this process for as long as it is known; never reused for another one.
package struct PeerID: Hashable, Sendable, CustomStringConvertible {
    package let index: UInt32
    package let generation: UInt32

    package init(index: UInt32, generation: UInt32) {
        self.index = index
        self.generation = generation
    }

    package var description: String { "\(index).\(generation)" }
}
