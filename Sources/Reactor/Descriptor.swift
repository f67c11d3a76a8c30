import CEvent
import Glibc
import Telemetry

/// Owns one open descriptor and closes it exactly once. Everything it makes
/// is closed in children.
package final class Descriptor: Sendable {
    package let number: Int32

    package init(owning number: Int32) { self.number = number }

    deinit { close(number) }

    /// Takes what a system call gave, or says why it gave nothing.
    package convenience init(checking number: Int32, _ purpose: StaticString) throws {
        guard number >= 0 else {
            throw Fault(
                ReactorCode.systemResources,
                "cannot open \(purpose): \(systemMessage(errno)); raise the limit of open files")
        }
        self.init(owning: number)
    }

    /// Makes a pipe whose ends are both closed in children; both block until told otherwise.
    package static func pipe() throws -> (reading: Descriptor, writing: Descriptor) {
        var ends: [Int32] = [-1, -1]
        let made = unsafe pipe2(&ends, O_CLOEXEC)
        return (
            try Descriptor(checking: made < 0 ? -1 : ends[0], "a pipe"),
            try Descriptor(checking: made < 0 ? -1 : ends[1], "a pipe")
        )
    }

    package func setNonBlocking() {
        let flags = fcntl(number, F_GETFL)
        if flags >= 0 { _ = fcntl(number, F_SETFL, flags | O_NONBLOCK) }
    }
}
