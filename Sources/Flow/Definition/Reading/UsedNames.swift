/// What a file defines once under `use` and names elsewhere. A name is known as soon as it stands
/// in the file, also where what it stands for is wrong: that is told once and not at every use.
struct UsedNames {
    var secrets: [String] = []
    var catalogs: Set<String> = []
    var functions: Set<String> = []
    var authentications: [String: Template?] = [:]
    var errors: [String: ErrorTemplate?] = [:]
    var timeouts: [String: Timeout?] = [:]
    var retries: [String: RetryRule?] = [:]
    /// What each extension extends, in the order of the file.
    var extended: [String] = []
}
