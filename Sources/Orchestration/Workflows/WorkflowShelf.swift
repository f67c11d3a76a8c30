import Document
import Flow
import Telemetry
import Wire

/// The workflows that can be asked for, each in its versions, from files and from workers.
struct WorkflowShelf {
    private var filed: [Edition] = []
    private var brought: [Edition] = []
    /// Each workflow's versions, the highest first.
    private var editions: [Edition.Key: [Edition]] = [:]
    private var namespaces: [String: [String]] = [:]
    /// Texts that requests began with and that are served no more.
    private var earlier: [String: Edition] = [:]
    /// Files that cannot be used.
    private(set) var broken: [WorkflowFolder.Broken] = []

    var isEmpty: Bool { editions.isEmpty }
    /// All of them, by name, the highest version of each first.
    var all: [[Edition]] { editions.sorted { $0.key < $1.key }.map(\.value) }

    /// What the files say from now on: a version that is in none of them any more is gone.
    mutating func file(_ contents: WorkflowFolder.Contents) {
        filed = contents.editions
        broken = contents.faults
        arrange()
    }

    /// A worker brings one. The same version again takes the place of what was brought before.
    mutating func bring(_ edition: Edition) {
        brought.removeAll { $0.key == edition.key && $0.version == edition.version }
        brought.append(edition)
        arrange()
    }

    /// What a worker has brought and brings again, so that it is not read twice.
    func known(_ text: [UInt8]) -> Edition? {
        brought.last { $0.text == text }
    }

    /// A text that came from the store, for those who began with it.
    mutating func remember(_ edition: Edition) { earlier[edition.digest] = edition }

    /// The version that is asked for, or the highest one.
    func edition(_ address: WorkflowAddress) throws(Fault) -> Edition {
        if let digest = address.digest { return try edition(digest, address) }
        let versions = editions[try key(of: address)] ?? []
        guard let wanted = address.version, wanted != "latest" else {
            guard
                let edition = versions.first(where: { $0.version.prerelease.isEmpty })
                    ?? versions.first
            else { throw unknown(address) }
            return edition
        }
        guard let edition = versions.first(where: { $0.about.version == wanted }) else {
            let known = versions.map(\.about.version).joined(separator: ", ")
            throw Fault(
                WireCode.unavailable,
                "there is no version \(wanted) of \(address.name); there is \(known)")
        }
        return edition
    }

    // MARK: - Steps

    /// The very text that a request began with.
    private func edition(_ digest: String, _ address: WorkflowAddress) throws(Fault) -> Edition {
        let key = Edition.Key(namespace: address.namespace ?? "", name: address.name)
        guard
            let edition = editions[key]?.first(where: { $0.digest == digest }) ?? earlier[digest]
        else { throw unknown(address) }
        return edition
    }

    private func key(of address: WorkflowAddress) throws(Fault) -> Edition.Key {
        let spaces = namespaces[address.name] ?? []
        if let namespace = address.namespace {
            guard spaces.contains(namespace) else { throw unknown(address) }
            return Edition.Key(namespace: namespace, name: address.name)
        }
        guard let only = spaces.first else { throw unknown(address) }
        guard spaces.count == 1 else {
            let choices = spaces.sorted().map { "\($0)/\(address.name)" }.joined(separator: ", ")
            throw Fault(WireCode.invalid, "\(address.name) is ambiguous: say \(choices)")
        }
        return Edition.Key(namespace: only, name: address.name)
    }

    private func unknown(_ address: WorkflowAddress) -> Fault {
        var wanted = address
        wanted.version = nil
        let names = editions.keys.map { address.namespace == nil ? $0.name : $0.description }
        let near = Suggestion.question(for: wanted.description, in: names)
        let file = broken.first { $0.file.split(separator: "/").last == "\(address.name).yaml" }
        let reason = file.map { "; \($0.file) cannot be used: \($0.reason)" }
        let hint = reason ?? (editions.isEmpty ? "; no workflow is here" : near)
        return Fault(WireCode.unavailable, "there is no workflow \(wanted)\(hint)")
    }

    /// Files before workers; of each the one that came last.
    private mutating func arrange() {
        editions = [:]
        for edition in filed.reversed() + brought.reversed() {
            let isTaken = editions[edition.key]?.contains { $0.version == edition.version } ?? false
            if !isTaken { editions[edition.key, default: []].append(edition) }
        }
        for key in editions.keys { editions[key]?.sort { $0.version > $1.version } }
        namespaces = [:]
        for key in editions.keys { namespaces[key.name, default: []].append(key.namespace) }
    }
}
