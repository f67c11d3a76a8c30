/// What the rules measure against: the lists that change when the house grows. A new module is a
/// line here.
enum House {
    /// What may be seen at the top level; what must be there in every clone.
    static let topLevel: Set<String> = [
        "Package.swift", "Sources", "Tests", "compose", "proto", "ops", "README.md",
    ]
    static let topLevelRequired = topLevel

    /// The arrows: what each folder of Sources may import of ours. They only go down.
    static let arrows: [String: Set<String>] = {
        let ground: Set = ["Telemetry", "Document", "Reactor", "Wire"]
        let above = ground.union(["Bus"])
        return [
            "Telemetry": [],
            "Document": ["Telemetry"],
            "Reactor": ["Telemetry"],
            "Wire": ["Telemetry", "Document"],
            "Bus": ground,
            "Store": ground,
            "Language": ["Telemetry", "Document"],
            // A workflow finds keywords as routing does: with the finder that Language has.
            "Flow": ["Telemetry", "Document", "Language"],
            "WebClient": ["Telemetry", "Document", "Reactor"],
            "Orchestration": above.union(["Store", "Language", "Flow"]),
            "WorkerKit": above,
            "batond": above.union(["Store", "Flow", "Orchestration"]),
            "baton": above.union([
                "Store", "Language", "Flow", "Orchestration", "WorkerKit",
            ]),
            "Toolbox": ["WorkerKit", "WebClient", "Document", "Reactor", "Telemetry"],
        ]
    }()

    /// Each C library and the one module that owns it.
    static let libraries = [
        "CYAML": "Document", "CEvent": "Reactor", "CZeroMQ": "Bus", "CHiredis": "Store",
        "CSodium": "Store", "CAccept": "batond", "CPCRE2": "Flow", "CCurl": "WebClient",
    ]

    /// What any module may import beside ours.
    static let standardModules: Set = ["Glibc", "Synchronization"]

    /// Where threads are made: the loop, and the pool that keeps blocking handlers off it.
    static let threadOwners = ["Sources/Reactor/"]

    /// Where the one task of a process is started, beside Main.swift.
    static let taskOwners = [
        "Sources/Reactor/EventLoop+Main.swift",
        // A client in a process without a loop brings one, on a thread of its own.
        "Sources/WorkerKit/LoopThread.swift",
        // A task handed over by the bus is a Swift task, which CANCEL must be able to name.
        "Sources/WorkerKit/Session+Tasks.swift",
    ]

    /// Files of a family of small declarations, so no single type gives them its name.
    static let families = ["Sources/Wire/Vocabulary.swift"]

    /// Each decoder of bytes from outside, by the type that does it, and its fuzz target's folder.
    static let decoders = [
        "JSONParser": "Document", "EnvelopeView": "Wire", "DefinitionReader": "Flow",
        "ExpressionParser": "Expressions",
    ]

    /// Words that point outside of the project, in lower case; they age and mean nothing to a
    /// reader.
    static let outsideWords = [
        "issue #", "/home/", "/root/", "/users/", "/work/", "jira", "as discussed",
    ]

    /// Marks of work that was left behind, in lower case except where case makes the mark.
    static let unfinishedMarks = ["TODO", "FIXME", "XXX", "HACK"]
    static let unfinishedWords = ["placeholder", "not implemented", "unimplemented"]

    /// Endings that say nothing about what a type is for.
    static let emptyEndings = ["Manager", "Helper", "Helpers", "Util", "Utils", "Impl", "Info"]
}
