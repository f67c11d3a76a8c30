import Glibc
import Reactor
import Telemetry

/// Plays the conformance scenarios of workflows on clusters of real processes. It is a tool of the
/// project's tests and no part of what is installed.
@main
enum Main {
    static func main() {
        EventLoop.prepareProcess()
        do {
            let options = try RunnerOptions(
                Array(CommandLine.arguments.dropFirst()), environment: environment())
            if options.asksForHelp { return print(RunnerOptions.help) }
            let isGood = try EventLoop.run { loop in try await play(options, loop) }
            exit(isGood ? 0 : 1)
        } catch is CancellationError {
            exit(130)
        } catch {
            Log.standardError("baton-ctk: \(error)\n")
            exit((error as? Fault)?.has(RunnerCode.usage) == true ? 2 : 1)
        }
    }

    /// A signal ends what is under way, so that no process is left; a second one ends at once.
    private static func play(_ options: RunnerOptions, _ loop: EventLoop) async throws -> Bool {
        let work = Task(executorPreference: loop) {
            try await Runner(options: options, loop: loop).play()
        }
        let watches = try [SIGINT, SIGTERM].map { signal in
            try loop.onSignal(signal) {
                guard !work.isCancelled else { exit(130) }
                work.cancel()
            }
        }
        defer { for watch in watches { watch.cancel() } }
        return try await work.value
    }

    private static func environment() -> [String: String] {
        var variables: [String: String] = [:]
        for name in ["OWS_KIT"] {
            if let value = unsafe getenv(name) { variables[name] = unsafe String(cString: value) }
        }
        return variables
    }
}
