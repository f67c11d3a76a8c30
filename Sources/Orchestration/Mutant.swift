#if DEBUG
    import Glibc
#endif

/// Mistakes that a debug build can be told to make, one at a time, so that it is seen whether
/// whoever looks for lost and doubled work notices: `BATON_MUTANT=no-adoption`. A release build
/// makes none.
enum Mutant: String {
    /// What another has taken over counts all the same.
    case noFence = "no-fence"
    /// Nothing is made of what is taken over.
    case noAdoption = "no-adoption"
    /// A request is accepted before the store has it.
    case ackBeforeStore = "ack-before-store"
    /// What runs elsewhere is given away anew.
    case startOnResume = "start-on-resume"
    /// A worker's word for another is acknowledged and thrown away.
    case forgetDeposit = "forget-deposit"

    #if DEBUG
        private static let active: Mutant? = {
            guard let text = unsafe getenv("BATON_MUTANT") else { return nil }
            return Mutant(rawValue: unsafe String(cString: text))
        }()

        var isOn: Bool { Self.active == self }
    #else
        @inline(__always) var isOn: Bool { false }
    #endif
}
