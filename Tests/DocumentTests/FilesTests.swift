import Document
import Glibc
import Telemetry
import Testing

/// A folder of its own for each test, removed with it.
private final class Folder {
    let path: String

    init() throws {
        var template = Array("/tmp/document-XXXXXX".utf8CString)
        let made = unsafe mkdtemp(&template).map { unsafe String(cString: $0) }
        path = try #require(made)
    }

    deinit {
        for name in ["file", "empty", "pipe", "loop", "big", "closed"] {
            unsafe unlink("\(path)/\(name)")
        }
        unsafe rmdir(path)
    }

    func write(_ name: String, _ text: String, mode: mode_t = 0o600) throws -> String {
        let file = "\(path)/\(name)"
        let descriptor = unsafe open(file, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        let bytes = Array(text.utf8)
        let written = unsafe Glibc.write(descriptor, bytes, bytes.count)
        try #require(written == bytes.count)
        try #require(fchmod(descriptor, mode) == 0)
        return file
    }
}

@Suite struct FilesTests {
    func fault(_ path: String) -> Fault? {
        DocumentTests.fault { _ = try Files.read(path, limit: 1024) }
    }

    @Test("A regular file is read whole, also one of the kernel that claims to be empty")
    func reads() throws {
        let folder = try Folder()
        let file = try folder.write("file", "hello")
        #expect(try Files.read(file, limit: 5) == Array("hello".utf8))
        #expect(throws: Fault.self) { try Files.read(file, limit: 4) }
        #expect(try !Files.read("/proc/self/cmdline", limit: 1 << 20).isEmpty)
    }

    @Test("B50 what is no readable file is refused with its path, and nothing is waited for")
    func refuses() throws {
        let folder = try Folder()
        let pipe = "\(folder.path)/pipe"
        let piped = unsafe mkfifo(pipe, 0o600)
        try #require(piped == 0)
        let loop = "\(folder.path)/loop"
        let linked = unsafe symlink(loop, loop)
        try #require(linked == 0)
        let big = try folder.write("big", "x")
        let grown = unsafe truncate(big, 1 << 30)
        try #require(grown == 0)
        let table: [(path: String, code: DocumentCode, words: String)] = [
            (try folder.write("empty", ""), .unreadable, "empty"),
            (folder.path, .unreadable, "a directory"), (pipe, .unreadable, "a pipe"),
            ("/dev/zero", .unreadable, "a device"), (loop, .unreadable, "symbolic links"),
            ("\(folder.path)/none", .unreadable, "No such file"),
            (big, .limit, "1073741824 bytes, allowed are 1024"),
        ]
        for (path, code, words) in table {
            let fault = fault(path)
            #expect(fault?.code as? DocumentCode == code, "\(path)")
            #expect(fault?.place == path)
            #expect(fault?.message.contains(words) == true, "\(fault?.message ?? "accepted")")
        }
        #expect(fault("a\0b")?.has(DocumentCode.unreadable) == true)
        #expect(fault("")?.has(DocumentCode.unreadable) == true)
    }

    @Test(
        "B50 a file without rights is refused",
        .enabled(if: geteuid() != 0, "root may read every file"))
    func closed() throws {
        let folder = try Folder()
        let path = try folder.write("closed", "x", mode: 0)
        #expect(fault(path)?.message.contains("Permission denied") == true)
    }

    @Test("B54 a secret is read from a variable or from a file that only its owner reads")
    func secrets() throws {
        let folder = try Folder()
        func read(_ reference: String) throws -> String {
            try Secret(.init(reference), environment: ["TOKEN": "t0", "EMPTY": ""]).reveal()
        }
        let file = try folder.write("file", "s3cret\n")
        #expect(try read("file:\(file)") == "s3cret")
        #expect(try read("env:TOKEN") == "t0")
        #expect(try read("inline") == "inline")
        #expect(Secret.Reference("inline") == .inline("inline"))
        for reference in [
            "env:NONE", "env:EMPTY", "file:\(folder.path)/none", "file:\(folder.path)",
        ] {
            #expect(
                DocumentTests.fault { _ = try read(reference) }?.has(DocumentCode.unreadable)
                    == true)
        }
        for mode: mode_t in [0o400, 0o600] {
            let closed = try folder.write("file", "x", mode: mode)
            #expect(try read("file:\(closed)") == "x")
            unsafe unlink(file)
        }
        for mode: mode_t in [0o604, 0o640, 0o620, 0o700, 0o644] {
            let open = try folder.write("closed", "x", mode: mode)
            let fault = DocumentTests.fault { _ = try read("file:\(open)") }
            #expect(fault?.has(DocumentCode.exposed) == true)
            #expect(fault?.message.contains("chmod 600") == true)
            unsafe unlink(open)
        }
    }

    @Test("B54 a secret never prints itself")
    func silent() throws {
        let secret = try Secret(.inline("CANARY"), environment: [:])
        var dumped = ""
        dump(secret, to: &dumped)
        #expect(!"\(secret) \(String(reflecting: secret)) \(dumped)".contains("CANARY"))
    }
}
