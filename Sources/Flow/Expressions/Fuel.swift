import Document

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
    private let stack: NativeStack
    /// Whether an array or an object was made.
    var hasMade = false
    /// Whether a number came up that JSON cannot write.
    var hasUnwritable = false

    init(_ budget: Expression.Budget) {
        limits = budget
        steps = budget.steps
        bytes = budget.bytes
        stack = NativeStack(allowed: budget.stack)
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
        if depth > Fuel.deepest || stack.isExhausted {
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

    /// Charges for all of an array that a write has copied, because others hold it or it grew.
    @inline(__always)
    func charge(_ array: [Value], movedFrom place: Int) throws(Failure) {
        if Fuel.place(array) != place { try charge(array.count * Fuel.element) }
    }

    @inline(__always)
    func charge(_ object: ObjectValue, movedFrom place: Int) throws(Failure) {
        if object.place != place { try charge(object.count * Fuel.member) }
    }

    @inline(__always)
    func charge(_ text: String, movedFrom place: Int) throws(Failure) {
        if Fuel.place(text) != place { try charge(text.utf8.count) }
    }

    @inline(__always)
    static func place(_ array: [Value]) -> Int {
        // SAFETY: only the address is used, as a number.
        unsafe array.withUnsafeBufferPointer { Int(bitPattern: $0.baseAddress) }
    }

    @inline(__always)
    static func place(_ text: String) -> Int {
        // SAFETY: only the address is used, as a number.
        unsafe text.utf8.withContiguousStorageIfAvailable { Int(bitPattern: $0.baseAddress) } ?? 0
    }

    /// How long a text may be that is still to be written.
    var writableBytes: Int { max(0, min(bytes, steps * 16)) }

    func charge(_ count: Double) throws(Failure) { try charge(Int(min(count, 1e15))) }

    private var outOfSteps: Failure {
        .limit("the expression takes more than \(limits.steps) steps")
    }
}
