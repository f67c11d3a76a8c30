import Document
import Glibc
import TestKit

@testable import baton

/// A cluster of its own in a private folder, made of the programs beside these tests, and the
/// shell of somebody who uses it. It is brought down with its value.
final class CommandLineCluster {
    static let isBuilt =
        File.isExecutable(Products.path(of: "baton"))
        && File.isExecutable(Products.path(of: "batond"))
        && File.isExecutable(Products.path(of: "baton-toolbox"))

    let folder: TemporaryFolder

    /// - Parameters:
    ///   - system: the content of `baton.yaml`; nil: nothing is started.
    ///   - options: of `baton up`; a store in memory is there soonest.
    init(_ system: String?, _ options: String = "--store memory") throws {
        folder = try TemporaryFolder()
        guard let system else { return }
        try folder.write(system, to: "baton.yaml")
        let answer = run("$B up --detach \(options); echo $?")
        guard answer.hasSuffix("0\n") else { throw SystemError("baton up: \(answer)", folder.path) }
    }

    static var hasRedis: Bool {
        isBuilt && SearchPath(variables: [:], program: "").find(RedisProgram.name) != nil
    }

    deinit { _ = run("$B down") }

    static let toolbox = "workers: [{command: [baton-toolbox]}]\n"
    static let sleepers = "workers: [{name: nap, command: [sleep, '600'], count: 2}]\n"

    var file: ClusterFile {
        get throws { try ClusterFile.read("\(folder.path)/.baton/cluster.json") }
    }

    /// Runs a line of shell in the folder with `$B` as the program; its words and complaints.
    func run(_ line: String) -> String {
        let program = Products.path(of: "baton")
        return Self.output(
            of: "cd '\(folder.path)' && B='\(program)' && { \(line); } 2>&1")
    }

    private static func output(of command: String) -> String {
        // The threads of tests block all signals, and a child would inherit that.
        var (none, before) = (sigset_t(), sigset_t())
        unsafe sigemptyset(&none)
        unsafe pthread_sigmask(SIG_SETMASK, &none, &before)
        let started = unsafe popen(command, "r")
        unsafe pthread_sigmask(SIG_SETMASK, &before, nil)
        guard let pipe = unsafe started else { return "" }
        defer { unsafe pclose(pipe) }
        var text: [UInt8] = []
        while case let byte = unsafe fgetc(pipe), byte != EOF {
            text.append(UInt8(truncatingIfNeeded: byte))
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Waits, within ten seconds, until somebody answers for the agent.
    func awaitAgent(_ agent: String) -> Bool {
        let there = "until $B agents --names | grep -qx \(agent); do :; done"
        return run("export B; timeout 10 sh -c '\(there)'; echo $?") == "0\n"
    }
}
