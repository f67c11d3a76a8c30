/// What one evaluation may still use: steps, bytes, and how deep it may nest. Bytes are counted as
/// they are made, never given back, and cost steps too, so large work ends like long work.
final class Fuel {
    /// What an element of an array and a member of an object take.
    static let element = 24
    static let member = 48
    private static let bytesPerStep = 64
    /// How many evaluations may stand within each other.
    static let deepest = 900

    private var steps: Int
    private var bytes: Int
    private let limits: Expression.Budget
    private var depth = 0
    private let base: Int
    /// Whether a number came up that JSON cannot write.
    var hasUnwritable = false

    init(_ budget: Expression.Budget) {
        limits = budget
        steps = budget.steps
        bytes = budget.bytes
        base = Fuel.stackPointer()
    }

    @inline(__always)
    func step() throws(Failure) {
        steps -= 1
        if steps < 0 { throw outOfSteps }
    }

    /// Enters an evaluation within another; `leave` ends it.
    @inline(__always)
    func enter() throws(Failure) {
        steps -= 1
        depth += 1
        if steps < 0 { throw outOfSteps }
        if depth > Fuel.deepest || base - Fuel.stackPointer() > limits.stack {
            throw .limit("the expression calls itself, or nests, too deep")
        }
    }

    @inline(__always)
    func leave() { depth -= 1 }

    func charge(steps count: Int) throws(Failure) {
        steps -= count
        if steps < 0 { throw outOfSteps }
    }

    func charge(_ count: Int) throws(Failure) {
        bytes -= count
        steps -= count / Fuel.bytesPerStep
        if bytes < 0 {
            throw .limit("the expression makes more than \(limits.bytes >> 10) KiB of values")
        }
        if steps < 0 { throw outOfSteps }
    }

    func charge(_ count: Double) throws(Failure) { try charge(Int(min(count, 1e15))) }

    private var outOfSteps: Failure {
        .limit("the expression takes more than \(limits.steps) steps")
    }

    /// About where the native stack has grown to.
    @inline(__always)
    private static func stackPointer() -> Int {
        var mark: UInt8 = 0
        // SAFETY: only the address is used, as a number.
        return unsafe withUnsafeMutablePointer(to: &mark) { Int(bitPattern: $0) }
    }
}
