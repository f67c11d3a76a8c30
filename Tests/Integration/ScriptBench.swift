import TestKit

/// The scripts of the store on a Redis of their own, called as the store calls them, and if a test
/// wants so with a bug in them.
final class ScriptBench {
    typealias Answer = RedisClient.Answer

    /// A bug to be planted: a piece of a script's text, and what to put there.
    struct Change: Sendable, CustomStringConvertible {
        let script: String
        let old: String
        let new: String
        /// What the bug is.
        let description: String
    }

    struct Fault: Error, CustomStringConvertible {
        let description: String
    }

    let server: RedisServer
    let client: RedisClient
    private var hashes: [String: String] = [:]
    /// Whether requests and endings are packed where they can be.
    var packs = false
    /// The records of what was accepted so, and for whom.
    var records: [String: (owner: String, record: [UInt8])] = [:]

    private static let folder = "\(Products.root)/Sources/Store/Scripts"

    /// On a Redis of its own, or on one that is emptied for it.
    init(
        _ shared: RedisServer? = nil, options: [String] = [], changing change: Change? = nil
    ) throws {
        server = try shared ?? RedisServer(options)
        client = try RedisClient(server.socket)
        try client.ask("FLUSHALL", "SYNC")
        for file in FileTree.files(below: Self.folder) where file != "prelude.lua" {
            let name = String(file.dropLast(4))
            hashes[name] = try load(try Self.text(name, change))
        }
    }

    /// The text of a script as Redis is given it.
    static func text(_ name: String, _ change: Change? = nil) throws -> String {
        var text = try FileTree.text(of: "\(folder)/\(name).lua")
        if text.hasPrefix("-- uses prelude\n") {
            text = try FileTree.text(of: "\(folder)/prelude.lua") + text
            if let change, change.script == "prelude" {
                return text.replacing(change.old, with: change.new)
            }
        }
        guard let change, change.script == name else { return text }
        guard text.contains(change.old) else {
            throw Fault(description: "\(name).lua does not hold \(change.old)")
        }
        return text.replacing(change.old, with: change.new)
    }

    private func load(_ text: String) throws -> String {
        let answer = try client.ask("SCRIPT", "LOAD", text)
        guard case .bytes = answer, let hash = answer.text else {
            throw Fault(description: answer.text ?? "SCRIPT LOAD")
        }
        return hash
    }

    /// Calls a script; an error of Redis is thrown.
    @discardableResult
    func call(_ name: String, _ arguments: String...) throws -> Answer {
        try call(name, bytes: arguments.map { Array($0.utf8) })
    }

    @discardableResult
    func call(_ name: String, bytes arguments: [[UInt8]]) throws -> Answer {
        let opening = ["EVALSHA", hashes[name] ?? "", "1", "baton:"].map { Array($0.utf8) }
        let answer = try client.ask(bytes: opening + arguments)
        if case .fault(let text) = answer { throw Fault(description: "\(name): \(text)") }
        return answer
    }

    /// Calls a script that answers with a word or with letters.
    func word(_ name: String, _ arguments: String...) throws -> String {
        try call(name, bytes: arguments.map { Array($0.utf8) }).text ?? "nothing"
    }

    /// Makes instances that have a lease for a long time; the first is `a#1`.
    func register(_ names: String...) throws {
        for name in names { try call("register", name, "1000000", "generation") }
    }
}
