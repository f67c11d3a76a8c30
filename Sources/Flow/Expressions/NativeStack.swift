/// How far the native stack may still grow: whatever follows a tree by recursion asks before it
/// goes deeper, because how much a level takes differs from build to build.
struct NativeStack {
    /// What reading and compiling may take; a thread has at least twice as much.
    static let usual = 256 << 10

    private let base: Int
    private let allowed: Int

    init(allowed: Int = NativeStack.usual) {
        base = Self.pointer()
        self.allowed = allowed
    }

    @inline(__always)
    var isExhausted: Bool { base - Self.pointer() > allowed }

    /// About where the stack has grown to.
    @inline(__always)
    private static func pointer() -> Int {
        var mark: UInt8 = 0
        // SAFETY: only the address is used, as a number.
        return unsafe withUnsafeMutablePointer(to: &mark) { Int(bitPattern: $0) }
    }
}
