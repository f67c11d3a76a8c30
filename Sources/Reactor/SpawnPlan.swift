import CEvent
import Glibc
import Telemetry

/// Owns the two C objects that describe a spawn. Whatever is not named in it does not reach the
/// child: not one descriptor but 0, 1 and 2, no blocked or ignored signal, not the parent's
/// session.
@safe final class SpawnPlan {
    private let attributes = UnsafeMutablePointer<posix_spawnattr_t>.allocate(capacity: 1)
    private let actions = UnsafeMutablePointer<posix_spawn_file_actions_t>.allocate(capacity: 1)

    /// - Parameter streams: the descriptors that become 0, 1 and 2; nothing leaves the parent's.
    init(directory: String?, streams: [Descriptor?]) {
        unsafe posix_spawnattr_init(attributes)
        unsafe posix_spawn_file_actions_init(actions)
        var none = sigset_t()
        var all = sigset_t()
        unsafe sigemptyset(&none)
        unsafe sigfillset(&all)
        let flags = POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF
        unsafe posix_spawnattr_setflags(attributes, Int16(flags))
        unsafe posix_spawnattr_setsigmask(attributes, &none)
        unsafe posix_spawnattr_setsigdefault(attributes, &all)
        for (number, stream) in streams.enumerated() {
            guard let stream else { continue }
            unsafe posix_spawn_file_actions_adddup2(actions, stream.number, Int32(number))
        }
        unsafe posix_spawn_file_actions_addclosefrom_np(actions, 3)
        if let directory {
            _ = unsafe posix_spawn_file_actions_addchdir_np(actions, directory)
        }
    }

    deinit {
        unsafe posix_spawn_file_actions_destroy(actions)
        unsafe posix_spawnattr_destroy(attributes)
        unsafe actions.deallocate()
        unsafe attributes.deallocate()
    }

    /// Starts the program and gives its process id.
    func start(_ command: Command) throws -> pid_t {
        var id: pid_t = 0
        let variables = command.environment.map { $0.map { "\($0.key)=\($0.value)" } }
        let code = unsafe withCStrings(command.arguments) { arguments in
            guard let variables else {
                return unsafe posix_spawnp(
                    &id, command.name, actions, attributes, arguments, environ)
            }
            return unsafe withCStrings(variables) { variables in
                unsafe posix_spawnp(&id, command.name, actions, attributes, arguments, variables)
            }
        }
        guard code == 0 else { throw SpawnPlan.fault(code, command.name) }
        return id
    }

    private static func fault(_ code: Int32, _ name: String) -> Fault {
        switch code {
        case ENOENT:
            Fault(ReactorCode.commandNotFound, "command not found: \(name)")
        case EACCES:
            Fault(ReactorCode.spawnFailed, "not allowed to run \(name); is it executable?")
        case EAGAIN, ENOMEM, EMFILE, ENFILE:
            Fault(
                ReactorCode.systemResources, "cannot start \(name): \(systemMessage(code))",
                retry: .after(.seconds(1)))
        default:
            Fault(ReactorCode.spawnFailed, "cannot start \(name): \(systemMessage(code))")
        }
    }
}

/// Lends a list of strings as C wants it, ended by a null pointer.
private func withCStrings<Result>(
    _ strings: [String],
    _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) throws -> Result
) rethrows -> Result {
    let list = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.allocate(
        capacity: strings.count + 1)
    for (index, string) in strings.enumerated() {
        unsafe (list + index).initialize(to: strdup(string))
    }
    unsafe (list + strings.count).initialize(to: nil)
    defer {
        for index in strings.indices { unsafe free(list[index]) }
        unsafe list.deallocate()
    }
    return try unsafe body(list)
}
