/// Where programs are found: beside this one first, so that a cluster runs the daemons it was built
/// with, then on PATH. A word with a slash is a path.
struct SearchPath: Sendable {
    let variables: [String: String]
    /// The path of this program; empty: look on PATH alone.
    let program: String

    func find(_ name: String, from folder: String = "/") -> String? {
        guard !name.contains("/") else {
            let path = name.hasPrefix("/") ? name : "\(folder)/\(name)"
            return File.isExecutable(path) ? path : nil
        }
        let beside = program.isEmpty ? [] : [File.parent(of: program)]
        let listed = (variables["PATH"] ?? "/usr/local/bin:/usr/bin:/bin").split(separator: ":")
            .map(String.init)
        return (beside + listed).lazy.map { "\($0)/\(name)" }.first(where: File.isExecutable)
    }
}
