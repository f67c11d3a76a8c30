import Telemetry

/// A parsed command line: every value in it has been checked against its kind, so reading one
/// cannot fail.
struct Invocation: Sendable {
    let path: [Command]
    let values: Values
    let console: Console

    func flag(_ option: Option) -> Bool { !values[option].isEmpty }

    func text(_ option: Option) -> String? { values[option].last }

    func texts(_ option: Option) -> [String] { values[option] }

    func number(_ option: Option) -> Int? { values[option].last.flatMap { Int($0) } }

    func duration(_ option: Option) -> Duration? {
        values[option].last.flatMap(DurationText.parse)
    }

    func text(_ argument: Argument) -> String? { values[argument].last }

    func texts(_ argument: Argument) -> [String] { values[argument] }

    /// A required argument; the parser has made sure of it, so its absence is a mistake in the
    /// tree.
    func required(_ argument: Argument) throws -> String {
        guard let value = values[argument].last else {
            throw Fault(Exit.software, "The argument \(argument.name) is not declared as required.")
        }
        return value
    }

    var wantsJSON: Bool { flag(CommonOptions.json) }
}

/// What was written on the command line, under the names of the options and arguments it belongs
/// to.
struct Values: Sendable, Equatable {
    private var options: [String: [String]] = [:]
    private var arguments: [String: [String]] = [:]

    subscript(option: Option) -> [String] { options[option.name] ?? [] }

    subscript(argument: Argument) -> [String] { arguments[argument.name] ?? [] }

    mutating func add(_ value: String, to option: Option) {
        options[option.name, default: []].append(value)
    }

    mutating func add(_ value: String, to argument: Argument) {
        arguments[argument.name, default: []].append(value)
    }
}
