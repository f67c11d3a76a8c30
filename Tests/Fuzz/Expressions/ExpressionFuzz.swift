import Document
import Flow
import Telemetry

/// Any text is an expression that ends within its budget, or is refused with a reason. The last
/// line is the input where it is JSON. A failed check traps, which is what the fuzzer looks for.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzExpressions(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = unsafe Array(UnsafeBufferPointer(start: start, count: count))
    let end = bytes.lastIndex(of: UInt8(ascii: "\n")) ?? bytes.endIndex
    let input = try? JSON.parse(Array(bytes[end...]))
    let text = String(decoding: input == nil ? bytes[...] : bytes[..<end], as: UTF8.self)
    let variables: Set = ["input", "context"]
    do throws(Fault) {
        let expression = try Expression(text, variables: variables)
        precondition(variables.isSuperset(of: expression.variables), "a variable of nobody")
        evaluate(expression, input ?? usual)
    } catch {
        check(error)
    }
    return 0
}

private let usual: Value = [
    "a": [1, 2.5, nil, "text", ["b": [true, -1]]], "b": "2015-03-05T23:51:47Z", "c": ["d": 1],
]

/// Twice, because the same input has the same outputs, or the same fault.
private func evaluate(_ expression: Expression, _ input: Value) {
    let (once, again) = (outputs(expression, input), outputs(expression, input))
    precondition(once == again, "two evaluations differ")
}

private func outputs(_ expression: Expression, _ input: Value) -> [Value]? {
    var scope = Expression.Scope(variables: ["input": input, "context": 5], now: 1_425_599_621)
    scope.budget.steps = 20_000
    scope.budget.bytes = 1 << 20
    do throws(Fault) {
        let outputs = try expression.all(input, in: scope)
        precondition(outputs.count <= scope.budget.steps, "more outputs than steps")
        for output in outputs { check(output) }
        return outputs
    } catch {
        check(error)
        return nil
    }
}

/// What leaves can be written as JSON, and read again.
private func check(_ output: Value) {
    let limits = Limits(
        bytes: 1 << 26, depth: Limits.deepest, keys: 1 << 20, stringBytes: 1 << 24, nodes: 1 << 20)
    let read = try? JSON.parse(JSON.text(output), limits: limits)
    precondition(read != nil, "an output that cannot be read")
}

private func check(_ fault: Fault) {
    precondition(!fault.message.isEmpty, "a fault without a reason")
    precondition(fault.has(FlowCode.expression) || fault.has(FlowCode.limit), "a fault of another")
}
