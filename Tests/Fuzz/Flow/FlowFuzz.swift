import Document
import Flow

/// Any bytes are read as a workflow; the reader refuses them with problems that have a place, or
/// what it read can be drawn. A failed check traps, which is what the fuzzer looks for.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzFlow(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = unsafe Array(UnsafeBufferPointer(start: start, count: count))
    do throws(Invalid) {
        draw(try Workflow.read(bytes, name: "f.yaml"))
    } catch {
        check(error)
    }
    return 0
}

private func check(_ invalid: Invalid) {
    precondition(!invalid.problems.isEmpty, "refused without a reason")
    precondition(invalid.problems.count <= WorkflowLimits.problems, "more problems than are told")
    for problem in invalid.problems {
        precondition(problem.position.line > 0 && problem.position.column > 0)
        precondition(!problem.message.isEmpty)
        precondition(problem.pointer.utf8.first.map { $0 == UInt8(ascii: "/") } ?? true)
    }
}

private func draw(_ workflow: Workflow) {
    let graph = Graph(workflow)
    let ids = Set(graph.nodes.map(\.id))
    precondition(ids.count == graph.nodes.count, "two nodes of one id")
    precondition(graph.edges.allSatisfy { ids.contains($0.from) && ids.contains($0.to) })
    precondition(!graph.text.isEmpty && !graph.mermaid.isEmpty)
    precondition(graph.text.utf8.allSatisfy { $0 >= 0x20 || $0 == 0x0A }, "a text that steers")
    if case .cron(let cron)? = workflow.schedule {
        let next = cron.next(after: 1_700_000_000)
        precondition(next.map { $0 > 1_700_000_000 && $0 % 60 == 0 } ?? true)
    }
}
