import Glibc

/// A shared library asked for its version by name, so that the doctor can also speak of one that is
/// missing and needs no bindings of its own.
// SAFETY: the handle is open from init to deinit and never leaves; closing it earlier would break
// that.
@safe struct SharedLibrary: ~Copyable {
    private let handle: UnsafeMutableRawPointer

    init?(_ name: String) {
        guard let handle = unsafe dlopen(name, RTLD_LAZY | RTLD_LOCAL) else { return nil }
        unsafe self.handle = handle
    }

    deinit { unsafe dlclose(handle) }

    /// A function without arguments that answers with a text of the library's own.
    func versionText(_ function: String) -> String? {
        typealias Version = @convention(c) () -> UnsafePointer<CChar>?
        guard let symbol = unsafe dlsym(handle, function) else { return nil }
        // SAFETY: only the version functions of libevent and libyaml are named here; both have this
        // type.
        let version = unsafe unsafeBitCast(symbol, to: Version.self)
        return unsafe version().map { unsafe String(cString: $0) }
    }

    var zeroMQVersion: String? {
        typealias Version =
            @convention(c) (
                UnsafeMutablePointer<Int32>, UnsafeMutablePointer<Int32>,
                UnsafeMutablePointer<Int32>
            ) -> Void
        guard let symbol = unsafe dlsym(handle, "zmq_version") else { return nil }
        // SAFETY: void zmq_version(int *, int *, int *), since its first release.
        let version = unsafe unsafeBitCast(symbol, to: Version.self)
        var (major, minor, patch): (Int32, Int32, Int32) = (0, 0, 0)
        unsafe version(&major, &minor, &patch)
        return "\(major).\(minor).\(patch)"
    }

    func zeroMQHas(_ capability: String) -> Bool {
        typealias Has = @convention(c) (UnsafePointer<CChar>) -> Int32
        guard let symbol = unsafe dlsym(handle, "zmq_has") else { return false }
        // SAFETY: int zmq_has(const char *), since 4.1.
        let has = unsafe unsafeBitCast(symbol, to: Has.self)
        return unsafe capability.withCString { unsafe has($0) } == 1
    }
}
