import Testing
import Wire

@testable import Store

/// Reading what Redis holds of a request, whatever stands there.
@Suite struct StoredItemTests {
    private let key = Sample.key("1")

    private func item(
        _ fields: KeyValuePairs<String, String>, input: RedisReply = .bytes([1, 0, 9, 65]),
        steps: RedisReply = .array([]), events: RedisReply = .array([])
    ) -> RedisReply {
        .array([.text("\(key)"), .flat(fields), input, .null, .null, steps, events])
    }

    private func readable(_ reply: RedisReply, from: UInt64 = 1) -> StoredRequest? {
        guard case .request(let request) = StoredRequest.item(reply, from: from) else { return nil }
        return request
    }

    private func reason(_ reply: RedisReply) -> String {
        guard case .unreadable(let item) = StoredRequest.item(reply) else { return "" }
        return item.reason
    }

    @Test("a finished request of one step tells all of its four events")
    func lean() throws {
        let request = try #require(
            readable(
                item([
                    "v": "1", "id": "x", "tn": "t", "st": "F", "own": "b#7", "ag": "cost",
                    "at": "100", "dl": "900", "en": "150", "in": "w.1", "att": "2", "tk": "40",
                    "cd": "deadline",
                ])))
        #expect(request.id == "x" && request.tenant == "t" && request.state == .failed)
        #expect(request.owner == "b#7" && request.deadline == 900 && request.attempt == 2)
        #expect(request.input?.envelope == [9] && request.input?.content.array == [65])
        #expect(
            request.events == [
                StoredEvent(number: 1, kind: "accepted", at: 100),
                StoredEvent(number: 2, kind: "dispatched", step: 1, agent: "cost", at: 100),
                StoredEvent(
                    number: 3, kind: "done", step: 1, attempt: 2, agent: "cost", instance: "w.1",
                    at: 150, took: 40, code: "deadline"),
                StoredEvent(number: 4, kind: "failed", at: 150, code: "deadline"),
            ])
    }

    @Test(
        "events are numbered without a gap in every state",
        arguments: [("A", 1), ("R", 2), ("U", 2), ("S", 4), ("C", 4), ("E", 4)])
    func numbers(state: String, count: Int) throws {
        let reply = item(["v": "1", "id": "x", "st": state, "at": "1"])
        let events = try #require(readable(reply)).events
        #expect(events.map(\.number) == Array(1...UInt64(count)))
    }

    @Test("a request with a stream tells its first two events and then those of the stream")
    func rich() throws {
        let events: RedisReply = .array([
            .array([
                .text("3"), .flat(["t": "done", "s": "1", "a": "1", "g": "cost", "m": "120"]),
            ]),
            .array([.integer(4), .flat(["t": "dispatched", "s": "2", "g": "food", "m": "120"])]),
        ])
        let steps: RedisReply = .array([
            .array([
                .integer(1),
                .flat(["st": "D", "att": "1", "ag": "cost", "in": "w.1", "at": "120", "tk": "9"]),
            ])
        ])
        let reply = item(
            ["v": "1", "id": "x", "st": "R", "rev": "4", "ns": "1", "at": "100"], steps: steps,
            events: events)
        let request = try #require(readable(reply))
        #expect(request.events.map(\.kind) == ["accepted", "dispatched", "done", "dispatched"])
        #expect(request.steps.map(\.took) == [9])
        #expect(readable(reply, from: 3)?.events.map(\.number) == [3, 4])
    }

    @Test("B89 a record that makes no sense is said to be so, and why")
    func unreadable() {
        #expect(reason(.null) == "it has 0 parts and not 7")
        #expect(reason(.text("X")) == "it has 0 parts and not 7")
        #expect(reason(.array([.null, .null])) == "it has 2 parts and not 7")
        #expect(reason(item([:])) == "it is of version \"\" and not 1")
        #expect(reason(item(["v": "2"])) == "it is of version \"2\" and not 1")
        #expect(reason(item(["v": "1", "id": "x"])) == "it has no state")
        #expect(reason(item(["v": "1", "id": "x", "st": "Q"])) == "it has no state")
        #expect(reason(item(["v": "1", "st": "A"])) == "it has no id")
        #expect(
            reason(item(["v": "1", "id": "x", "st": "A", "at": "soon"]))
                == "its field at is \"soon\" and no number")
        #expect(
            reason(item(["v": "1", "id": "x", "st": "A"], input: .bytes([200])))
                == "its input is no message")
        let step: RedisReply = .array([.array([.integer(1), .flat([:])])])
        #expect(
            reason(item(["v": "1", "id": "x", "st": "R"], steps: step)) == "step 1 has no state")
    }

    @Test("B89 any reply in the place of any part of an item is read or refused")
    func anything() {
        let whole: [RedisReply] = [
            .text("\(key)"), .flat(["v": "1", "id": "x", "st": "R", "rev": "3"]),
            .bytes([0, 0]), .null, .null, .array([]), .array([]),
        ]
        let odd: [RedisReply] = [
            .null, .integer(.min), .bytes([0xff, 0xfe]), .status("OK"), .error("ERR"), .array([]),
            .array([.null]), .array([.array([])]), .array([.array([.null, .null])]),
            .array([.text("a")]), .array([.integer(-1), .integer(3)]),
        ]
        for place in whole.indices {
            for reply in odd {
                var parts = whole
                parts[place] = reply
                switch StoredRequest.item(.array(parts)) {
                case .request(let request): #expect(request.key == key)
                case .unreadable(let item): #expect(!item.reason.isEmpty)
                }
            }
        }
    }

    @Test("B89 a request without its input cannot be run")
    func noInput() {
        let items = StoredItems([
            item(["v": "1", "id": "x", "st": "R"], input: .null), .null,
            item(["v": "1", "id": "x", "st": "R"]),
        ])
        #expect(items.requests.map(\.key) == [key])
        #expect(items.unreadable.map(\.key) == [key, nil])
    }
}
