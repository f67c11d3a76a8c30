/// The environment a child process is started with: nothing of the machine's but the path to its
/// programs.
///
/// The environment of the test process itself is never changed: other tests run beside this one.
package struct TemporaryEnvironment: Sendable {
    package var variables: [String: String]

    package init(home: TemporaryFolder) {
        variables = [
            "HOME": home.path,
            "TMPDIR": home.path,
            "PATH": "\(Products.folder):/usr/local/bin:/usr/bin:/bin",
            "LANG": "C.UTF-8",
            "TERM": "dumb",
        ]
    }

    /// `NAME=value` lines in a fixed order, as `execve` takes them.
    package var entries: [String] {
        variables.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    }
}
