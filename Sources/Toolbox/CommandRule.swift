import Document
import Reactor
import Telemetry

/// How one program may be run. Pure.
struct CommandRule: Sendable {
    enum Paths: Hashable, Sendable {
        case none, all
        /// The positions of words that are paths, from 1; flags are not counted.
        case at(Set<Int>)
    }

    enum Limits {
        static let words = 32
        static let output = 256 << 10
        static let timeout = Duration.seconds(60)
        static let longest = Duration.seconds(86_400)
    }

    var name: String
    var path: String
    /// What a workflow has as its command where that is not the name: a whole text, to the letter.
    var text: String?
    /// Words that begin with a dash: as they stand here, `*` for whatever there is.
    var flags: [String] = []
    /// What all other words have to look like; nil: as they like.
    var words: [String]?
    var most = Limits.words
    var paths = Paths.none
    /// Where it runs; nil: in a fresh folder of its own that goes with it.
    var folder: String?
    /// Variables that a workflow may set, and those that are always set.
    var variables: [String] = []
    var environment: [String: String] = [:]
    var timeout = Limits.timeout
    /// Bytes of each of its two streams that are kept.
    var output = Limits.output
    var confinement = Confinement()

    private static let keys = [
        "path", "text", "flags", "words", "arguments", "paths", "folder", "environment", "set",
        "timeout", "output", "memory", "files", "file-size", "processes", "cpu",
    ]

    init(name: String, path: String) { (self.name, self.path) = (name, path) }

    init(_ name: String, _ node: Node) throws(Fault) {
        let map = try node.mapping(knownKeys: Self.keys)
        self.name = name
        let place = try map.required("path")
        path = try place.string()
        guard path.hasPrefix("/") else {
            throw place.fault(DocumentCode.range, "a program is named by its whole path")
        }
        text = try map["text"]?.string()
        if let list = try map["flags"]?.list() { flags = try Self.texts(list) }
        if let list = try map["words"]?.list() { words = try Self.texts(list) }
        if let number = try map["arguments"]?.integer(in: 0...256) as Int? { most = number }
        if let paths = map["paths"] { self.paths = try Self.paths(paths) }
        folder = try map["folder"]?.string()
        if let list = try map["environment"]?.list() { variables = try Self.texts(list) }
        for (key, value) in try map["set"]?.entries() ?? [] {
            environment[key] = try value.string()
        }
        try readLimits(map)
    }

    private mutating func readLimits(_ map: Mapping) throws(Fault) {
        if let time = try map["timeout"]?.duration(in: .milliseconds(1)...Limits.longest) {
            timeout = time
        }
        if let size = try map["output"]?.size(in: 0...(512 << 10)) { output = size }
        let seconds = Int(clamping: timeout.milliseconds / 1000) + 1
        confinement.seconds = try map["cpu"]?.integer(in: 1...86_400) ?? seconds
        if let size = try map["memory"]?.size(in: (1 << 20)...(1 << 40)) {
            confinement.memory = size
        }
        if let size = try map["file-size"]?.size() { confinement.fileSize = size }
        if let number = try map["files"]?.integer(in: 8...65_536) as Int? {
            confinement.descriptors = number
        }
        confinement.processes = try map["processes"]?.integer(in: 1...1_000_000)
    }

    private static func texts(_ list: [Node]) throws(Fault) -> [String] {
        var texts: [String] = []
        for node in list { texts.append(try node.string()) }
        return texts
    }

    private static func paths(_ node: Node) throws(Fault) -> Paths {
        if let word = try? node.string() {
            guard word == "all" else {
                throw node.fault(DocumentCode.range, "paths are all, or a list of positions")
            }
            return .all
        }
        var positions: Set<Int> = []
        for each in try node.list() { positions.insert(try each.integer(in: 1...256)) }
        return .at(positions)
    }

    // MARK: - What it says about arguments

    /// Refuses arguments that are not allowed; of the others it tells which are paths.
    func paths(in arguments: [String]) throws(Problem) -> [String] {
        guard arguments.count <= most else {
            throw refusal("it takes at most \(most) arguments")
        }
        var (position, found, isPlain) = (0, [String](), false)
        for argument in arguments {
            guard !argument.utf8.contains(0) else { throw refusal("a NUL byte stands in it") }
            if !isPlain, argument.hasPrefix("-"), argument != "-" {
                guard flags.contains(where: { Glob.matches(argument, $0) }) else {
                    throw refusal(
                        "the flag \(argument.prefix(60)) is not allowed; add it to the flags of"
                            + " \(name) in the file of --commands")
                }
                isPlain = argument == "--"
                continue
            }
            position += 1
            if let words, !words.contains(where: { Glob.matches(argument, $0) }) {
                throw refusal(
                    "the word \(argument.prefix(60)) is not allowed; add it to the words of"
                        + " \(name) in the file of --commands")
            }
            switch paths {
            case .none: break
            case .all: found.append(argument)
            case .at(let positions): if positions.contains(position) { found.append(argument) }
            }
        }
        return found
    }

    /// The environment of the program: what is set, and what a workflow may add to it.
    func environment(with given: [String: String]) throws(Problem) -> [String: String] {
        var all = ["PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"]
        for (key, value) in environment { all[key] = value }
        for (key, value) in given {
            guard variables.contains(key) else {
                throw refusal(
                    "the variable \(key.prefix(60)) is not allowed; add it to the environment of"
                        + " \(name) in the file of --commands")
            }
            guard !value.utf8.contains(0) else { throw refusal("a NUL byte stands in \(key)") }
            all[key] = value
        }
        return all
    }

    func refusal(_ detail: String) -> Problem {
        Problem(.authorization, "The command is not allowed", "\(name): \(detail)")
    }
}

/// A pattern in which `*` stands for any text.
enum Glob {
    static func matches(_ text: String, _ pattern: String) -> Bool {
        let (text, pattern) = (Array(text.utf8), Array(pattern.utf8))
        var (here, there, star, mark) = (0, 0, -1, 0)
        while here < text.count {
            if there < pattern.count, pattern[there] == UInt8(ascii: "*") {
                (star, mark) = (there, here)
                there += 1
            } else if there < pattern.count, pattern[there] == text[here] {
                here += 1
                there += 1
            } else if star >= 0 {
                mark += 1
                (there, here) = (star + 1, mark)
            } else {
                return false
            }
        }
        return pattern[there...].allSatisfy { $0 == UInt8(ascii: "*") }
    }
}
