import Glibc
import Reactor
import Telemetry

/// Where a command writes: standard output, standard error, or a test's memory.
///
/// People get `Text`, which is harmless by construction; programs get `raw` bytes; content that
/// came from elsewhere goes through `foreign`, which strips it whenever a terminal would act on it.
struct Output: Sendable {
    let terminal: Terminal
    private let sink: @Sendable ([UInt8]) throws -> Void
    /// The descriptor, where a pipe with a reader is behind it.
    private let pipe: Int32?

    init(
        terminal: Terminal, pipe: Int32? = nil, sink: @escaping @Sendable ([UInt8]) throws -> Void
    ) {
        self.terminal = terminal
        self.pipe = pipe
        self.sink = sink
    }

    func line(_ text: Text = "") throws {
        try raw(text.rendered(colour: terminal.colour) + "\n")
    }

    func lines(_ texts: [Text]) throws {
        try raw(texts.map { $0.rendered(colour: terminal.colour) + "\n" }.joined())
    }

    /// A table as it fits; who looks at a narrow terminal is told what it does without.
    func table(_ table: Table) throws {
        let width = terminal.tableWidth
        try lines(table.lines(width: width))
        let missing = table.missing(width: width)
        guard missing > 0 else { return }
        let columns = Count.of(missing, "column does", "columns do")
        try line("\("\(columns) not fit; --json has all.", .dim)")
    }

    func raw(_ text: String) throws { try bytes(Array(text.utf8)) }

    func bytes(_ bytes: [UInt8]) throws { if !bytes.isEmpty { try sink(bytes) } }

    func foreign(_ text: String) throws {
        try raw((terminal.isTerminal ? Printable.stripped(text) : text) + "\n")
    }

    func choosing(_ choice: Terminal.ColourChoice, variables: [String: String]) -> Output {
        Output(
            terminal: terminal.choosing(choice, variables: variables), pipe: pipe, sink: sink)
    }

    /// Calls `body` when the reader of our pipe has left, which nobody would notice who has nothing
    /// to write. Nothing where no pipe is.
    func onReaderLeft(on loop: EventLoop, _ body: @escaping () -> Void) throws -> Watch? {
        try pipe.map { descriptor in
            // The writing end is readable in one way only: as an error.
            try loop.watch(descriptor, for: .read) { _ in body() }
        }
    }

    /// Writes to a descriptor, however many calls that takes.
    static func descriptor(_ descriptor: Int32, variables: [String: String]) -> Output {
        Output(
            terminal: .behind(descriptor, variables: variables),
            pipe: isPipe(descriptor) ? descriptor : nil
        ) { bytes in
            var written = 0
            while written < bytes.count {
                let count = unsafe bytes[written...].withUnsafeBytes { rest in
                    unsafe write(descriptor, rest.baseAddress, rest.count)
                }
                if count >= 0 { written += count } else { try recover(descriptor) }
            }
        }
    }

    private static func isPipe(_ descriptor: Int32) -> Bool {
        var status = stat()
        return unsafe fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFIFO
    }

    /// A refused write: tried again if it may succeed, quietly over if the reader left.
    private static func recover(_ descriptor: Int32) throws {
        switch errno {
        case EINTR: return
        case EAGAIN:
            var ready = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            _ = unsafe poll(&ready, 1, -1)
        case EPIPE, EBADF: throw ReaderLeft()
        case let number:
            throw Fault(
                Exit.output, "The output cannot be written: \(SystemError.text(number)).")
        }
    }
}

/// Nobody reads our output any more (`baton … | head`): the command is over, and that is no
/// failure.
struct ReaderLeft: Error {}
