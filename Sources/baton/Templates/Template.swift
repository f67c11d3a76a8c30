import Telemetry

/// Files of a running start: what `baton init` writes, as values. Pure; `Template.write` puts them
/// down.
struct Template: Sendable {
    struct Piece: Sendable {
        let path: String
        let text: String
        var isProgram = false
    }

    let pieces: [Piece]
    /// What to type next, one step a line.
    let steps: [String]

    /// Writes every piece under the folder. Unless forced it writes nothing at all when one is
    /// there already.
    func write(into folder: String, force: Bool) throws(Fault) {
        if !force, let there = pieces.first(where: { File.exists("\(folder)/\($0.path)") }) {
            throw Fault(
                Exit.cannotCreate, "is there already; --force overwrites it.",
                at: "\(folder)/\(there.path)")
        }
        for piece in pieces {
            let path = "\(folder)/\(piece.path)"
            try File.makeFolders(File.parent(of: path))
            try File.write(Array(piece.text.utf8), to: path, mode: piece.isProgram ? 0o755 : 0o644)
        }
    }
}
