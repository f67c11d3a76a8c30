/// The options that every command understands, before or after its name.
enum CommonOptions {
    static let help = Option.flag("help", short: "h", "Shows this page")
    static let json = Option.flag(
        "json", "Answers in JSON, one document (or one object a line), for programs")
    static let directory = Option(
        "dir", short: "C", .directory, "DIR",
        "The project folder; without it the nearest .baton/ upwards", variable: "BATON_DIR")
    static let timeout = Option(
        "timeout", .duration, "TIME", "How long to wait for an answer", default: "30s",
        variable: "BATON_TIMEOUT")
    static let color = Option(
        "color", .choice(["auto", "always", "never"]), "WHEN", "Whether to use colours",
        default: "auto", variable: "BATON_COLOR")

    private static let all = [directory, json, timeout, color, help]

    /// Those that a command with these options has no other meaning for.
    static func beside(_ options: [Option]) -> [Option] {
        all.filter { common in !options.contains { $0.name == common.name } }
    }
}
