internal import Glibc

/// A system call that failed in a test, with what it was about.
package struct SystemError: Error, CustomStringConvertible {
    package let description: String

    package init(_ call: String, _ subject: String) {
        let code = errno
        let reason = unsafe String(cString: strerror(code))
        description = "\(call)(\(subject)): \(reason)"
    }
}
