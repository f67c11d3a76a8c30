import TestKit
import Wire

@testable import WorkerKit

/// What a client asks for: one of the patterns, and of whom.
enum Order {
    case ask(Trade)
    case notify(Trade)
    /// Each passes on to the next what it has made.
    case pipeline([Trade])
    /// One instance of each.
    case fanOut([Trade])
    /// Every instance.
    case everybody(Trade)

    var trades: [Trade] {
        switch self {
        case .ask(let trade), .notify(let trade), .everybody(let trade): [trade]
        case .pipeline(let trades), .fanOut(let trades): trades
        }
    }

    var isSpread: Bool { if case .everybody = self { true } else { false } }

    func request(_ number: Int) throws -> CallRequest {
        let content = RawContent("\(number)")
        switch self {
        case .ask(let trade): return CallRequest(agent: trade.rawValue, content: content)
        case .notify(let trade):
            return CallRequest(.notification, agent: trade.rawValue, content: content)
        case .pipeline(let trades): return try .pipeline(trades.map(\.rawValue), content)
        case .fanOut(let trades): return try .fanOut(trades.map(\.rawValue), content)
        case .everybody(let trade): return try .acknowledged(trade.rawValue, content)
        }
    }

    /// What is wrong with an answer.
    func fault(in answer: CallAnswer, to number: Int) -> String? {
        switch self {
        case .notify: return answer.content.count == 0 ? nil : answer.content.text
        case .ask, .pipeline:
            let expected = trades.reduce("\(number)") { $1.answer(to: $0) ?? "nothing" }
            return answer.content.text == expected ? nil : answer.content.text
        case .fanOut, .everybody:
            guard let gathering = try? Gathering(answer.content) else { return "no gathering" }
            return fault(in: gathering, to: number)
        }
    }

    private func fault(in gathering: Gathering, to number: Int) -> String? {
        let names = gathering.answers.map { isSpread ? $0.instance : $0.agent }
        guard Set(names).count == gathering.asked, gathering.answers.count == gathering.asked,
            isSpread || gathering.asked == trades.count
        else { return "asked \(gathering.asked), answers of \(names)" }
        for answer in gathering.answers {
            guard case .success(let content) = answer.result else { continue }
            let trade = Trade(rawValue: answer.agent)
            guard content.text == trade?.answer(to: "\(number)") else {
                return "\(answer.agent) said \(content.text)"
            }
        }
        return nil
    }

    /// Any of them, as likely as clients may want it.
    static func any(using random: inout SplitMix64) -> Order {
        let common: [Trade] = [.pure, .slow, .once, .dice, .flaky, .stream]
        let (first, second) = (common.shuffled(using: &random), common.shuffled(using: &random))
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<3: return .ask(.mute)
        case 3..<10: return .ask(.relay)
        case 10..<20: return .notify(first[0])
        case 20..<30: return .pipeline(Array(first.prefix(Int.random(in: 2...4, using: &random))))
        case 30..<36: return .fanOut(Array(second.prefix(3)))
        case 36..<42: return .everybody(random.happens(50) ? .pure : .slow)
        default: return .ask(first[0])
        }
    }
}
