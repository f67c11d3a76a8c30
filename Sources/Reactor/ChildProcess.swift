import CEvent
import Glibc
import Telemetry

/// One program that this process started, from its start until its end is known. It is the leader
/// of a session of its own, and lives on in the loop until it has ended, so that no zombie is left.
/// All of it belongs on the loop's thread.
///
/// A child does not die with its parent: `posix_spawn` knows no parent-death signal. Whoever
/// supervises children ends them before it ends itself, and gives them a pipe whose end they
/// notice.
// SAFETY: the state is touched only on the loop's thread, which every verb checks or goes to.
package final class ChildProcess: @unchecked Sendable {
    package enum Exit: Hashable, Sendable {
        case code(Int32)
        case signal(Int32)
    }

    package let id: Int32
    /// How it ended, once it has.
    package private(set) var exit: Exit?

    private let loop: EventLoop
    private let handle: Descriptor
    private var pipes: [Descriptor?]
    private var watch: Watch?
    private var waiters: [ObjectIdentifier: CheckedContinuation<Exit, any Error>] = [:]

    /// Starts the program. Faults: `commandNotFound`, `spawnFailed`, `systemResources`.
    package init(_ command: Command, on loop: EventLoop) throws {
        loop.requireLoop()
        try command.check()
        let streams = try [
            Endpoints(command.input, isInput: true),
            Endpoints(command.output, isInput: false),
            Endpoints(command.error, isInput: false),
        ]
        let plan = SpawnPlan(directory: command.directory, streams: streams.map(\.theirs))
        self.loop = loop
        self.id = try plan.start(command)
        self.pipes = streams.map(\.ours)
        do {
            self.handle = try Descriptor(checking: pidfd_open(id, 0), "a process handle")
            self.watch = try loop.watch(handle.number, for: .read) { [self] _ in reap() }
        } catch {
            // Nobody would notice the end of this child, so it must not begin.
            Glibc.kill(-id, SIGKILL)
            waitpid(id, nil, 0)
            throw error
        }
    }

    /// The parent's end of a stream that is a pipe, non-blocking; given once, to its new owner.
    package func takeInput() -> Descriptor? { takePipe(0) }
    package func takeOutput() -> Descriptor? { takePipe(1) }
    package func takeError() -> Descriptor? { takePipe(2) }

    /// Sends a signal to the child and all that it started in its session's group. After its end it
    /// does nothing: the number may be somebody else's.
    package func kill(_ signal: Int32) {
        loop.requireLoop()
        if exit == nil { Glibc.kill(-id, signal) }
    }

    /// Waits for the end, from any executor. Cancelling the wait leaves the child alone.
    package func waitForExit() async throws -> Exit {
        let waiter = Waiter()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                loop.perform { [self] in add(waiter, continuation) }
            }
        } onCancel: {
            loop.perform { [self] in
                waiter.isCancelled = true
                waiters.removeValue(forKey: ObjectIdentifier(waiter))?
                    .resume(throwing: CancellationError())
            }
        }
    }

    private func add(_ waiter: Waiter, _ continuation: CheckedContinuation<Exit, any Error>) {
        if waiter.isCancelled {
            continuation.resume(throwing: CancellationError())
        } else if let exit {
            continuation.resume(returning: exit)
        } else {
            waiters[ObjectIdentifier(waiter)] = continuation
        }
    }

    private func takePipe(_ number: Int) -> Descriptor? {
        loop.requireLoop()
        return pipes[number].take()
    }

    private func reap() {
        var status: Int32 = 0
        let reaped = unsafe waitpid(id, &status, WNOHANG)
        guard reaped != 0 else { return }
        let signal = status & 0x7f
        // A child that somebody else has waited for ended in a way that is not known: the worst is
        // assumed.
        let end: Exit =
            reaped < 0
            ? .signal(SIGKILL) : signal == 0 ? .code(status >> 8 & 0xff) : .signal(signal)
        exit = end
        watch.take()?.cancel()
        for waiter in exchange(&waiters, with: [:]).values { waiter.resume(returning: end) }
    }
}

/// Names one wait, and remembers a cancellation that came before it began.
// SAFETY: touched only on the loop's thread.
private final class Waiter: @unchecked Sendable {
    var isCancelled = false
}

/// The two ends of one standard stream.
private struct Endpoints {
    var theirs: Descriptor?
    var ours: Descriptor?

    init(_ stream: Command.Stream, isInput: Bool) throws {
        switch stream {
        case .inherited: break
        case .null: theirs = try Endpoints.open("/dev/null", O_RDWR)
        case .file(let path):
            theirs = try Endpoints.open(path, isInput ? O_RDONLY : O_WRONLY | O_APPEND | O_CREAT)
        case .pipe:
            let (reading, writing) = try Descriptor.pipe()
            (theirs, ours) = isInput ? (reading, writing) : (writing, reading)
            ours?.setNonBlocking()
        }
    }

    private static func open(_ path: String, _ flags: Int32) throws -> Descriptor {
        let number = unsafe Glibc.open(path, flags | O_CLOEXEC, 0o600)
        guard number >= 0 else {
            let reason = systemMessage(errno)
            throw Fault(ReactorCode.spawnFailed, "cannot open \(path): \(reason)", at: path)
        }
        return Descriptor(owning: number)
    }
}

extension Command {
    /// Refuses what the system would cut or misread silently.
    fileprivate func check() throws {
        guard !name.isEmpty else {
            throw Fault(ReactorCode.spawnFailed, "no command was given")
        }
        let variables = environment.map { $0.map { $0.key + $0.value } } ?? []
        let words = arguments + variables + [directory ?? ""]
        guard !words.contains(where: { $0.utf8.contains(0) }) else {
            throw Fault(ReactorCode.spawnFailed, "a NUL byte stands in the command for \(name)")
        }
        if let key = environment?.keys.first(where: { $0.isEmpty || $0.utf8.contains(0x3d) }) {
            throw Fault(ReactorCode.spawnFailed, "not a name of a variable: '\(key)'")
        }
        guard let directory else { return }
        var status = stat()
        guard unsafe stat(directory, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
            throw Fault(ReactorCode.spawnFailed, "no such directory: \(directory)", at: directory)
        }
    }
}
