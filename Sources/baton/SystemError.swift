import Glibc

/// What the kernel says about a failed call, in its own words.
enum SystemError {
    static func text(_ number: Int32 = errno) -> String {
        var buffer = [CChar](repeating: 0, count: 128)
        // The GNU variant answers with a pointer into its tables or into the buffer.
        guard let text = unsafe strerror_r(number, &buffer, buffer.count) else {
            return "error \(number)"
        }
        return unsafe String(cString: text)
    }
}
