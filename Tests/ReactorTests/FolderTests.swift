import Glibc
import TestKit
import Testing

@testable import Reactor

/// Paths beneath a folder, checked by the kernel.
@Suite("A folder") struct FolderTests {
    @Test("B68 lets no path out, however it is written")
    func refusals() throws {
        let outside = try TemporaryFolder()
        try outside.write("secret", to: "secret")
        let inside = try TemporaryFolder()
        _ = try inside.folder("sub")
        try inside.write("mine", to: "file")
        unsafe symlink(outside.file("secret"), inside.file("link"))
        unsafe symlink("..", inside.file("up"))
        unsafe symlink("file", inside.file("own"))
        unsafe symlink("/proc/self", inside.file("magic"))
        unsafe symlink("loop", inside.file("loop"))
        unsafe link(outside.file("secret"), inside.file("hard"))
        unsafe mkfifo(inside.file("fifo"), 0o600)
        let folder = try Folder(inside.path)
        for path in [
            "..", "../x", "sub/../../x", "/etc/passwd", outside.file("secret"), "link", "up/x",
            "up", "/proc/self/environ", "magic/environ", "loop", "hard", "fifo", "", "a\0b",
            "missing/x", "/", "file/x", "missing/..",
        ] {
            #expect(folder.refusal(of: path) != nil, "\(path)")
        }
        for path in [
            "file", "sub", "sub/", ".", "new", "sub/new", "own", "~", "sub/../file", "a b",
        ] {
            #expect(folder.refusal(of: path) == nil, "\(path): \(folder.refusal(of: path) ?? "")")
        }
    }

    @Test("of its own goes with all that is in it, and with nothing that links name")
    func removal() throws {
        let parent = try TemporaryFolder()
        try parent.write("stays", to: "other")
        let folder = try Folder.fresh(in: parent.path)
        let inner = "\(folder.path)/a/b"
        unsafe mkdir("\(folder.path)/a", 0o700)
        unsafe mkdir(inner, 0o700)
        unsafe symlink(parent.file("other"), "\(inner)/link")
        unsafe chmod(inner, 0o500)
        folder.remove()
        #expect(FileTree.kind(of: folder.path) == nil)
        #expect(FileTree.kind(of: parent.file("other")) != nil)
    }

    @Test("that is none is a fault, and a path with a NUL is no path")
    func none() throws {
        #expect(throws: (any Error).self) { try Folder("/nowhere/at/all") }
        #expect(throws: (any Error).self) { try Folder.fresh(in: "/nowhere/at/all") }
    }
}

/// What a program may use, as a word on its way.
@Suite("A confinement") struct ConfinementTests {
    @Test("travels as text and comes back the same")
    func text() {
        var confinement = Confinement()
        #expect(Confinement(text: confinement.text) == confinement)
        confinement.processes = 7
        #expect(Confinement(text: confinement.text) == confinement)
        for text in ["", "1,2,3,4", "1,2,3,4,x", "a"] { #expect(Confinement(text: text) == nil) }
    }
}
