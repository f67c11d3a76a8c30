import Document
import Glibc
import Reactor
import Telemetry

/// `baton logs`: what the processes of a cluster wrote, merged by time, and on request as it comes.
enum LogsCommand {
    private static let process = Argument(
        "NAME", .name, "One process, or all instances of a worker; without it all", .optional)
    private static let follow = Option.flag(
        "follow", short: "f", "Goes on as lines come, till Ctrl-C")
    private static let lines = Option(
        "lines", short: "n", .number(0...100_000), "N", "How many of the last lines", default: "50")

    private static let request = Option(
        "request", short: "r", .name, "ID", "Only what belongs to this request", repeats: true)
    private static let trace = Option(
        "trace", .text, "TRACE", "Only what belongs to this trace, or to those that begin so",
        repeats: true)
    private static let level = Option(
        "level", .choice(Log.Level.allCases.map(\.name)), "LEVEL",
        "Only lines of this level and above")

    static let command = Command(
        "logs", "Shows the logs of the cluster's processes",
        discussion: """
            Merged by time. A line ends with the request it belongs to, and how its trace \
            begins; with --json it stands as it was written, and whole. Processes write info and \
            above, or what --log-level of batond and of workers asks for. Lines that are not \
            the cluster's own have no level and are shown whatever --level says.
            """,
        examples: [
            Example("baton logs --follow", "All of them, as they come"),
            Example("baton logs toolbox.1 -n 200", "The last lines of one worker"),
            Example("baton logs --level warning", "What was tried again, refused or failed"),
            Example("baton logs --request order-17 -n 1000", "What was said of one request"),
            Example("baton logs --json | jq .message", "Lines of JSON as they were written"),
        ],
        arguments: [process], options: [follow, lines, request, trace, level]
    ) { invocation in
        let folder = try folder(invocation)
        var tails = try tails(folder, named: invocation.text(process))
        let filter = try filter(invocation)
        let shower = Shower(invocation, names: tails.map(\.name))
        try shower.show(past(&tails, invocation.number(lines) ?? 50, filter))
        guard invocation.flag(follow) else { return .ok }
        try await following(folder, invocation.console) {
            for index in tails.indices {
                let name = tails[index].name
                let lines = try tails[index].appended().filter(filter.takes)
                try shower.show(lines.map { (name, $0) })
            }
        }
        return .ok
    }

    private static func filter(_ invocation: Invocation) throws -> LogFilter {
        for text in invocation.texts(trace) where !text.allSatisfy(\.isHexDigit) {
            throw Fault(
                Exit.usage,
                "--trace needs the beginning of a trace: up to 32 digits of 0-9 and a-f.")
        }
        return LogFilter(
            requests: invocation.texts(request),
            traces: invocation.texts(trace).map { $0.lowercased() },
            level: invocation.text(level).flatMap(Log.Level.init(name:)))
    }

    /// Logs outlive their cluster: the folder is enough.
    private static func folder(_ invocation: Invocation) throws -> ClusterFolder {
        let console = invocation.console
        var path = UpCommand.folder(invocation).directory
        let isGiven = invocation.text(CommonOptions.directory) != nil
        while !File.isFolder(ClusterFolder(directory: path).logs) {
            try ClusterAddress.mayLook(into: ClusterFolder(directory: path))
            guard !isGiven, path != "/" else {
                throw Fault(
                    Exit.unavailable,
                    "There are no logs in \(console.folder) or above it; start with: baton up.")
            }
            path = File.parent(of: path)
        }
        return ClusterFolder(directory: path)
    }

    private static func tails(_ folder: ClusterFolder, named asked: String?) throws -> [LogTail] {
        let all = try File.names(in: folder.logs).filter { $0.hasSuffix(".log") }
            .map { String($0.dropLast(4)) }.sorted()
        let names = all.filter { name in
            asked.map { name == $0 || name.hasPrefix("\($0).") } ?? (name != "supervisor")
        }
        if let asked, names.isEmpty {
            let kinds = all.filter { $0 != "supervisor" }
            throw Fault(
                Exit.noInput,
                "No process here is called \(asked)\(Suggestion.question(for: asked, in: kinds)); "
                    + "there are \(kinds.joined(separator: ", ")).")
        }
        return names.map { LogTail(name: $0, path: folder.log(of: $0)) }
    }

    /// Merged by the time that stands in a line; a line without one stays behind the line before
    /// it.
    private static func past(
        _ tails: inout [LogTail], _ count: Int, _ filter: LogFilter
    ) throws -> [(String, String)] {
        var all: [(time: String, name: String, line: String)] = []
        for index in tails.indices {
            var time = ""
            for line in try tails[index].last(count, where: filter.takes) {
                time = LogLine.time(of: line) ?? time
                all.append((time, tails[index].name, line))
            }
        }
        // The order within one file is kept: equal times are told apart by their place.
        let order = all.indices.sorted { (all[$0].time, $0) < (all[$1].time, $1) }
        return order.suffix(count).map { (all[$0].name, all[$0].line) }
    }

    /// Calls `body` whenever something in the folder changed, until the reader leaves.
    private static func following(
        _ folder: ClusterFolder, _ console: Console, _ body: () throws -> Void
    ) async throws {
        let loop = console.loop
        let descriptor = inotify_init1(Int32(IN_NONBLOCK | IN_CLOEXEC))
        guard descriptor >= 0 else {
            throw Fault(Exit.software, "Changes cannot be watched: \(SystemError.text()).")
        }
        defer { close(descriptor) }
        let mask = UInt32(IN_MODIFY | IN_CREATE | IN_MOVED_TO)
        guard unsafe inotify_add_watch(descriptor, folder.logs, mask) >= 0 else {
            throw Fault(
                Exit.noInput, "cannot be watched: \(SystemError.text()).", at: folder.logs)
        }
        let (changes, queue) = AsyncStream.makeStream(
            of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let watch = try loop.watch(descriptor, for: .read) { _ in
            var buffer = [UInt8](repeating: 0, count: 16 << 10)
            while unsafe read(descriptor, &buffer, buffer.count) > 0 {}
            queue.yield()
        }
        defer { watch.cancel() }
        let reader = try console.output.onReaderLeft(on: loop) { queue.finish() }
        defer { reader?.cancel() }
        try body()
        for await _ in changes { try body() }
    }
}

/// Prints lines for whoever asked: as people read them, or as they were written.
private struct Shower {
    private let output: Output
    private let isRaw: Bool
    private let width: Int

    init(_ invocation: Invocation, names: [String]) {
        output = invocation.console.output
        isRaw = invocation.wantsJSON
        width = names.map { DisplayWidth.of($0) }.max() ?? 0
    }

    func show(_ lines: [(name: String, line: String)]) throws {
        if isRaw {
            for line in lines { try output.foreign(line.line) }
        } else {
            try output.lines(lines.map { LogLine($0.line).named($0.name, width: width) })
        }
    }
}
