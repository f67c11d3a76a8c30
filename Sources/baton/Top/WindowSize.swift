import Glibc

/// How much fits on the terminal behind standard output; asked anew for each picture, because
/// windows change.
struct WindowSize: Sendable, Equatable {
    var rows: Int
    var columns: Int

    /// What is assumed where the kernel does not know.
    static let usual = WindowSize(rows: 24, columns: 80)

    static var now: WindowSize {
        var size = winsize()
        guard unsafe ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0,
            size.ws_col > 0, size.ws_row > 0
        else { return usual }
        return WindowSize(rows: min(1000, Int(size.ws_row)), columns: min(1000, Int(size.ws_col)))
    }
}
