import Testing

@testable import Store

@Suite struct RedisReplyTests {
    @Test("Each view of a reply gives nothing for another kind")
    func views() {
        let replies: [(RedisReply, text: String?, integer: Int?, unsigned: UInt64?, size: Int?)] = [
            (.null, nil, nil, nil, nil),
            (.integer(-1), nil, -1, nil, nil),
            (.integer(.max), nil, .max, UInt64(Int64.max), nil),
            (.bytes(Array("42".utf8)), "42", 42, 42, 2),
            (.bytes(Array("18446744073709551615".utf8)), "18446744073709551615", nil, .max, 20),
            (.bytes([0xff]), nil, nil, nil, 1),
            (.bytes([]), "", nil, nil, 0),
            (.status("OK"), "OK", nil, nil, 2),
            (.error("ERR 1"), nil, nil, nil, nil),
            (.array([.integer(1)]), nil, nil, nil, nil),
        ]
        for (reply, text, integer, unsigned, size) in replies {
            #expect(reply.text == text && reply.integer == integer, "\(reply)")
            #expect(reply.unsigned == unsigned && reply.bytes?.count == size, "\(reply)")
        }
        #expect(RedisReply.array([.null]).array == [.null] && RedisReply.null.array == nil)
        #expect(RedisReply.error("NOSCRIPT No matching").errorCode == "NOSCRIPT")
        #expect(RedisReply.error("").errorCode == "" && RedisReply.null.errorCode == nil)
    }

    @Test("A list of names and values is pairs only where it is even")
    func pairs() {
        let list = RedisReply.array([.status("a"), .integer(1)])
        #expect(list.pairs?.count == 1 && list.pairs?.first?.value == .integer(1))
        #expect(RedisReply.array([.null]).pairs == nil && RedisReply.null.pairs == nil)
    }

    @Test("What waits leaves in order, each once, over many turns")
    func queue() {
        var queue = RedisQueue<Int>()
        #expect(queue.popFirst() == nil)
        var (sent, taken) = (0, 0)
        for turn in 0..<5_000 {
            for _ in 0..<(turn % 3 + 1) {
                queue.append(sent)
                sent += 1
            }
            for _ in 0..<(turn % 4) {
                guard let element = queue.popFirst() else { break }
                #expect(element == taken)
                taken += 1
            }
            #expect(queue.count == sent - taken)
        }
        #expect(queue.takeAll() == Array(taken..<sent))
        #expect(queue.isEmpty && queue.popFirst() == nil)
    }
}
