import Testing

@testable import Wire

/// The frames of the tap's events.
@Suite struct TapEventTests {
    @Test(
        "a mark is found again as it was written",
        arguments: [
            TapMark(number: 1, at: 2, length: 3), TapMark(number: 0, at: 0, length: 0),
            TapMark(number: .max, at: .max, length: .max, flags: [.left, .cut]),
            TapMark(number: 1 << 40, at: 1_790_000_000_123_456_789, length: 4096, flags: .cut),
        ])
    func marks(_ mark: TapMark) {
        #expect(mark.bytes.count == TapMark.count)
        #expect(TapMark(mark.bytes) == mark)
    }

    @Test("the bytes of a mark are those that are documented")
    func layout() {
        let mark = TapMark(number: 0x0102, at: 0x0304, length: 0x0506, flags: [.left, .cut])
        #expect(
            mark.bytes == [
                0, 0, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 0, 0, 3, 4, 0, 0, 5, 6, 0, 0, 0, 3,
            ])
    }

    @Test("what has other frames is no event", arguments: [0, 1, 3, 5])
    func frames(_ count: Int) {
        let mark = TapMark(number: 1, at: 1, length: 1).bytes
        let frames = Array([Array("e/TASK".utf8), mark, [8, 1], [1], [2]].prefix(count))
        #expect(TapEvent(frames: frames) == nil)
        #expect(TapEvent(frames: [[101], mark, [8, 1], []])?.topic == "e")
        #expect(TapEvent(frames: [[101], Array(mark.dropLast()), [8, 1], []]) == nil)
        #expect(TapEvent(frames: [[101], mark + [0], [8, 1], []]) == nil)
    }
}
