import Glibc

/// What the kernel says about a failed call, in its own words.
enum SystemError {
    static func text(_ number: Int32 = errno) -> String {
        unsafe strerror(number).map { unsafe String(cString: $0) } ?? "error \(number)"
    }
}
