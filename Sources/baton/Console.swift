import Reactor

/// Everything of the outside that a command may touch without asking further: its outputs, its
/// input, the variables and the folder it was started in. Tests pass one of their own.
struct Console: Sendable {
    let output: Output
    let errors: Output
    /// All of standard input, at most so many bytes and one.
    let input: @Sendable (_ limit: Int) throws -> [UInt8]
    let variables: [String: String]
    let folder: String
    let program: String
    let loop: EventLoop

    func choosing(_ choice: Terminal.ColourChoice) -> Console {
        Console(
            output: output.choosing(choice, variables: variables),
            errors: errors.choosing(choice, variables: variables),
            input: input, variables: variables, folder: folder, program: program,
            loop: loop)
    }

    /// A path as the user wrote it, from the folder the command was started in.
    func path(_ text: String) -> String {
        text.hasPrefix("/") ? text : folder == "/" ? "/" + text : folder + "/" + text
    }
}
