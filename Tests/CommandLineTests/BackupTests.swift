import Document
import Telemetry
import Testing

@testable import baton

@Suite struct BackupTests {
    private let keys: [BackupFormat.Key] = [
        .init(name: Array("baton:tok".utf8), end: 0, content: [0, 1, 255]),
        .init(name: Array("baton:m:1".utf8), end: 1_795_284_855_909, content: []),
        .init(name: Array("baton:".utf8) + [0, 0xff], end: 0, content: .init(1...200)),
    ]

    private func written(_ folder: TemporaryFolder) throws -> String {
        let path = "\(folder.path)/x.backup"
        let writer = try BackupWriter(
            path, BackupFormat.Head(prefix: "baton:", began: 5, redis: "7.0.15"))
        for key in keys + keys { try writer.add(key) }
        #expect(!File.exists(path))
        try writer.finish(at: 6)
        return path
    }

    @Test("What was written is read again, each key once, and its owner alone may read it")
    func roundTrip() throws {
        let folder = try TemporaryFolder()
        let reader = try BackupReader(try written(folder))
        try reader.check()
        let again = try reader.head.keys == 3 ? (0..<3).map { _ in try reader.next() } : []
        #expect(again == keys)
        #expect(reader.head.began == 5 && reader.head.ended == 6 && reader.head.bytes == 203)
        #expect(reader.head.kinds == ["counters": 1, "metrics": 1, "unknown": 1])
        #expect(try File.names(in: folder.path) == ["x.backup"])
    }

    @Test("The order in which the members of a head were written means nothing")
    func order() throws {
        let folder = try TemporaryFolder()
        let path = try written(folder)
        var bytes = try File.read(path, limit: 1 << 20)
        let head =
            #"{"keys":0,"version":1,"redis":"7","prefix":"p:","began":1,"ended":2,"bytes":0,"#
            + #""kinds":{"b":1,"a":2}}"#
        bytes = Array("baton store backup\n\(head)".utf8)
        bytes += [UInt8](repeating: 0x20, count: 1023 - bytes.count) + [0x0a]
        bytes += BackupFormat.foot(Checksum.of(bytes))
        try File.write(bytes, to: path)
        try BackupReader(path).check()
    }

    @Test("A backup that is let go before its end leaves nothing behind")
    func abandoned() throws {
        let folder = try TemporaryFolder()
        do {
            let writer = try BackupWriter(
                "\(folder.path)/x", BackupFormat.Head(prefix: "baton:", began: 5, redis: "7"))
            try writer.add(keys[0])
        }
        #expect(try File.names(in: folder.path) == [])
    }

    @Test("B50 a file that was cut off anywhere is noticed before anything is used")
    func cut() throws {
        let folder = try TemporaryFolder()
        let path = try written(folder)
        let bytes = try File.read(path, limit: 1 << 20)
        for count in Array(0..<40) + Array(1000...bytes.count - 1) {
            try File.write(Array(bytes.prefix(count)), to: path)
            let fault = #expect(throws: Fault.self) { try BackupReader(path).check() }
            #expect(fault?.has(Exit.invalidInput) == true, "cut at \(count)")
        }
        try File.write(bytes + [0], to: path)
        #expect(throws: Fault.self) { try BackupReader(path).check() }
    }

    @Test("B50 a bit that fell over anywhere is noticed")
    func damaged() throws {
        let folder = try TemporaryFolder()
        let path = try written(folder)
        let bytes = try File.read(path, limit: 1 << 20)
        for place in stride(from: 0, to: bytes.count, by: 7) {
            var spoilt = bytes
            spoilt[place] ^= 0x10
            try File.write(spoilt, to: path)
            let fault = #expect(throws: Fault.self, "at \(place)") {
                try BackupReader(path).check()
            }
            #expect(fault?.has(Exit.invalidInput) == true, "at \(place)")
        }
    }

    @Test("Foreign files, folders and nothing at all are refused in words")
    func foreign() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("x", String(repeating: "not a backup\n", count: 200))
        #expect(
            #expect(throws: Fault.self) { try BackupReader(path) }?.has(Exit.invalidInput) == true)
        for path in [folder.path, "/nonexistent", "/dev/null"] {
            #expect(
                #expect(throws: Fault.self) { try BackupReader(path) }?.has(Exit.noInput) == true)
        }
        let head = "baton store backup\n{\"version\":2}"
        let later = head + String(repeating: " ", count: 1023 - head.utf8.count) + "\n"
        let fault = #expect(throws: Fault.self) {
            try BackupReader(try folder.write("y", later))
        }
        #expect(fault?.message.contains("version 2") == true)
    }

    @Test("A frame that announces what no key can be is none")
    func frames() {
        #expect(BackupFormat.sizes([UInt8](repeating: 0xff, count: 24)) == nil)
        #expect(BackupFormat.sizes([]) == nil)
        let frame = BackupFormat.frame(of: keys[1])
        #expect(BackupFormat.sizes(frame)?.name == 9)
        #expect(BackupFormat.sizes(frame)?.end == 1_795_284_855_909)
    }
}
