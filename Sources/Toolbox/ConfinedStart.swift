import Glibc
import Reactor

/// What this program does as the first thing in the life of a command: it takes on the limits that
/// were set for it, and becomes it. Nobody else can do that without a moment in which there are
/// none.
struct ConfinedStart {
    /// The word that asks for it.
    static let word = "--confined"

    private enum Exit {
        static let confinement: Int32 = 125
        static let start: Int32 = 126
    }

    private let confinement: Confinement
    private let arguments: [String]

    init?(_ arguments: [String]) {
        guard arguments.count > 3, arguments[1] == Self.word,
            let confinement = Confinement(text: arguments[2])
        else { return nil }
        self.confinement = confinement
        self.arguments = Array(arguments.dropFirst(3))
    }

    /// The arguments that start a program so.
    static func arguments(_ confinement: Confinement, _ program: [String]) -> [String] {
        ["/proc/self/exe", word, confinement.text] + program
    }

    func run() -> Never {
        guard confinement.apply() else { _exit(Exit.confinement) }
        var words = unsafe arguments.map { unsafe strdup($0) }
        unsafe words.append(nil)
        _ = unsafe execv(arguments[0], words)
        _exit(Exit.start)
    }
}
