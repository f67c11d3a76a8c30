import Document
import Flow
import Telemetry

/// What `--set PATH=VALUE` says of a run that goes on from another one. Pure.
enum RunChange {
    static let shape = "input.PATH=JSON, context.PATH=JSON or output.PATH=JSON"

    static func amendment(_ text: String) throws(Fault) -> Amendment {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { throw unusable(text) }
        var pieces = try ValuePath(String(parts[0])).pieces[...]
        guard case .member(let first)? = pieces.popFirst(),
            let place = Amendment.Place(rawValue: first)
        else { throw unusable(text) }
        var path: [String] = []
        for piece in pieces {
            switch piece {
            case .member(let name): path.append(name)
            case .index(let index): path.append("\(index)")
            case .any, .deep: throw unusable(text)
            }
        }
        do throws(Fault) {
            return Amendment(
                place, path, try JSON.parse(String(parts[1]), source: "--set \(parts[0])"))
        } catch {
            let isWord = parts[1].unicodeScalars.first?.properties.isAlphabetic == true
            let hint = isWord ? "; text needs quotes of its own: '\"text\"'" : ""
            throw Fault(Exit.usage, error.message + hint, at: error.place)
        }
    }

    private static func unusable(_ text: String) -> Fault {
        Fault(Exit.usage, "--set is written \(shape), not \(Printable.quoted(text)).")
    }
}
