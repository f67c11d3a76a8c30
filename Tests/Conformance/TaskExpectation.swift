import Document
import Telemetry

/// The steps that say what must have become of single tasks, in what order and how often.
struct TaskExpectation {
    private let story: Story

    init(_ story: Story) { self.story = story }

    func check(_ step: Feature.Step) throws(Fault) {
        let words = step.text.split(separator: " ").map(String.init)
        guard words.count >= 3, let should = words.firstIndex(of: "should"), should > 0 else {
            throw Fault(ConformanceCode.step, "nobody knows this step")
        }
        let task = words[..<should].filter { $0 != "task" }.joined(separator: " ")
        let rest = words[(should + 1)...].joined(separator: " ")
        if try checkOrder(task, rest) { return }
        try checkFate(task, rest, step)
    }

    private var started: [String] { story.changes.filter { $0.phase == "started" }.map(\.task) }

    private func checkOrder(_ task: String, _ rest: String) throws(Fault) -> Bool {
        let order = started
        func first(_ name: String) throws(Fault) -> Int {
            guard let place = order.firstIndex(of: name) else {
                throw Unmet.fault("\(name) did not run; the tasks were \(order)")
            }
            return place
        }
        if rest == "run first" {
            try Unmet.require(order.first == task, "the order was \(order)")
        } else if rest == "run last" {
            try Unmet.require(order.last == task, "the order was \(order)")
        } else if let other = rest.after("run before ") {
            try Unmet.require(try first(task) < (try first(other)), "the order was \(order)")
        } else if let other = rest.after("run after ") {
            try Unmet.require(try first(task) > (try first(other)), "the order was \(order)")
        } else {
            return false
        }
        return true
    }

    private func checkFate(
        _ task: String, _ rest: String, _ step: Feature.Step
    ) throws(Fault) {
        switch Sentence(rest).pattern {
        case "complete": _ = try change(task, "completed")
        case "complete with output":
            let value = try change(task, "completed").value ?? .null
            try Unmet.same(try step.value(), value, "output of \(task)")
        case "fault": _ = try change(task, "faulted")
        case "fault with error":
            let value = try change(task, "faulted").value ?? .null
            try Unmet.covers(try step.value(), value, "error of \(task)")
        case "cancel": _ = try change(task, "cancelled")
        case "be skipped": _ = try change(task, "skipped")
        case "not run":
            try Unmet.require(!started.contains(task), "it ran; the tasks were \(started)")
        case "run _ times", "run _ time":
            try count(started.filter { $0 == task }.count, rest, "it ran")
        case "be retried _ times", "be retried _ time":
            let retries = story.changes.filter { $0.task == task && $0.phase == "retried" }
            try count(retries.count, rest, "it was retried")
        case "stand at _":
            let place = Sentence(rest).parts[0]
            let found = story.changes.first { $0.task == task }?.reference ?? "nowhere"
            try Unmet.require(found == place, "it stands at \(found)")
        default: throw Fault(ConformanceCode.step, "nobody knows this step")
        }
    }

    private func count(_ found: Int, _ rest: String, _ what: String) throws(Fault) {
        try Unmet.require(found == (try Sentence(rest).count(0)), "\(what) \(found) times")
    }

    private func change(_ task: String, _ phase: String) throws(Fault) -> Story.Change {
        if let change = story.changes.last(where: { $0.task == task && $0.phase == phase }) {
            return change
        }
        let phases = story.changes.filter { $0.task == task }.map(\.phase)
        throw Unmet.fault("\(task) was \(phases.isEmpty ? ["never begun"] : phases)")
    }
}
