import Document
import Glibc
import Reactor
import Telemetry

/// `baton down`: ends what `baton up` started in a folder, and nothing else.
enum DownCommand {
    static let command = Command(
        "down", "Drains and stops the cluster of this folder",
        discussion: """
            Workers finish what they have in hand, then everything ends. Processes are known by \
            their number and the moment they began, so nothing else is ever touched.
            """,
        examples: [
            Example("baton down", "Stop the cluster here"),
            Example("baton down --dir /srv/system", "Stop the one there"),
        ]
    ) { invocation in
        let console = invocation.console
        let directory = invocation.text(CommonOptions.directory).map(console.path)
        let (folder, file) = try ClusterAddress.local(directory: directory, folder: console.folder)
        let count = file.processes.reduce(0) { $0 + $1.count }
        if file.supervisor.send(SIGTERM) {
            try await wait(for: file.supervisor, invocation)
        }
        // One that was killed, before or meanwhile, has ended nobody.
        if let left = try? ClusterFile.read(folder.clusterFile), left.supervisor == file.supervisor
        {
            try await Leftovers.end(file, on: console.loop)
            unsafe unlink(folder.clusterFile)
        }
        if invocation.wantsJSON {
            try console.output.json(["stopped": .init(count)])
        } else {
            try console.output.line(
                "Stopped \(Count.of(count, "process", "processes")) of \(folder.directory).")
        }
        return .ok
    }

    private static func wait(for supervisor: ProcessIdentity, _ invocation: Invocation) async throws
    {
        let limit = invocation.duration(CommonOptions.timeout) ?? .seconds(30)
        let loop = invocation.console.loop
        guard try await Leftovers.gone([supervisor], within: limit, on: loop) else {
            throw Fault(
                Exit.timeout,
                "The cluster is still draining after \(DurationText.spoken(limit)); "
                    + "type baton down again to stop it at once.")
        }
    }
}
