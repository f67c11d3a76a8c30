import Telemetry

/// Builds the tree of one document from events. An alias shares what its anchor holds, yet it
/// counts in full against the limit of nodes, so that nobody can write a small file that reads as a
/// large one.
struct YAMLComposer: ~Copyable {
    private var events: YAMLEvents
    private let limits: Limits
    private let source: String?
    private var anchors: [String: NodeTree?] = [:]
    private var aliases = 0
    private var nodes = 0

    init(_ events: consuming YAMLEvents, _ limits: Limits, _ source: String?) {
        self.events = events
        self.limits = limits
        self.source = source
    }

    mutating func document() throws(Fault) -> NodeTree {
        guard try start() else { return .nothing }
        let tree = try tree(try events.next(), depth: 0)
        _ = try events.next()
        let after = try events.next()
        if case .end = after.kind { return tree }
        throw fault(.unsupported, "a second document; one file holds one document", after)
    }

    /// Whether a document follows.
    private mutating func start() throws(Fault) -> Bool {
        while true {
            switch try events.next().kind {
            case .documentStart: return true
            case .end: return false
            default: break
            }
        }
    }

    private mutating func tree(_ event: YAMLEvents.Event, depth: Int) throws(Fault) -> NodeTree {
        if let tag = event.tag {
            throw fault(
                .unsupported, "the tag \(Excerpt.quoted(tag)) is not supported; leave it out", event
            )
        }
        if case .alias(let name) = event.kind { return try alias(name, event, depth) }
        try count(1, event)
        if let anchor = event.anchor { try define(anchor, nil, event) }
        let tree =
            switch event.kind {
            case .scalar(let scalar): try self.scalar(scalar, event)
            case .sequenceStart: try sequence(event, depth)
            case .mappingStart: try mapping(event, depth)
            default: throw fault(.syntax, "expected a value", event)
            }
        if let anchor = event.anchor { try define(anchor, tree, event) }
        return tree
    }

    private func scalar(_ scalar: Scalar, _ event: YAMLEvents.Event) throws(Fault) -> NodeTree {
        guard scalar.text.utf8.count <= limits.stringBytes else {
            throw fault(.limit, "a string longer than \(limits.stringBytes) bytes", event)
        }
        return NodeTree(content: .scalar(scalar), position: event.position, count: 1, height: 0)
    }

    private mutating func sequence(
        _ start: YAMLEvents.Event, _ depth: Int
    ) throws(Fault) -> NodeTree {
        try enter(depth, start)
        var trees: [NodeTree] = []
        while true {
            let event = try events.next()
            if case .sequenceEnd = event.kind { break }
            trees.append(try tree(event, depth: depth + 1))
        }
        return collection(.sequence(trees), trees, start)
    }

    private mutating func mapping(
        _ start: YAMLEvents.Event, _ depth: Int
    ) throws(Fault) -> NodeTree {
        try enter(depth, start)
        var entries: [NodeTree.Entry] = []
        var keys: Set<ExactText> = []
        while true {
            let event = try events.next()
            if case .mappingEnd = event.kind { break }
            let key = try key(event)
            guard keys.insert(ExactText(key)).inserted else {
                throw fault(
                    .duplicate, "the key \(Excerpt.quoted(key)) occurs twice in one mapping", event)
            }
            guard keys.count <= limits.keys else {
                throw fault(.limit, "more than \(limits.keys) keys in one mapping", event)
            }
            let tree = try tree(try events.next(), depth: depth + 1)
            entries.append(.init(key: key, position: event.position, tree: tree))
        }
        return collection(.mapping(entries), entries.map(\.tree), start)
    }

    private func key(_ event: YAMLEvents.Event) throws(Fault) -> String {
        guard case .scalar(let scalar) = event.kind, event.tag == nil, event.anchor == nil else {
            throw fault(.unsupported, "a key must be plain or quoted text", event)
        }
        guard !scalar.plain || !scalar.text.isEmpty else {
            throw fault(.syntax, "the key before ':' is missing", event)
        }
        _ = try self.scalar(scalar, event)
        return scalar.text
    }

    private func collection(
        _ content: NodeTree.Content, _ trees: [NodeTree], _ start: YAMLEvents.Event
    ) -> NodeTree {
        // No sum overflows: `count` is held below the limit of nodes while the tree is built.
        NodeTree(
            content: content, position: start.position,
            count: trees.reduce(1) { $0 + $1.count },
            height: trees.reduce(0) { max($0, $1.height) } + 1)
    }
}

/// Limits, anchors and faults.
extension YAMLComposer {
    private func enter(_ depth: Int, _ event: YAMLEvents.Event) throws(Fault) {
        guard depth < limits.depth else {
            throw fault(.limit, "nested deeper than \(limits.depth) levels", event)
        }
    }

    private mutating func count(_ more: Int, _ event: YAMLEvents.Event) throws(Fault) {
        nodes += more
        guard nodes <= limits.nodes else {
            throw fault(.limit, "more than \(limits.nodes) values, aliases written out", event)
        }
    }

    /// An anchor is known from its start, without content, so that an alias within it is told from
    /// one unknown.
    private mutating func define(
        _ anchor: String, _ tree: NodeTree?, _ event: YAMLEvents.Event
    ) throws(Fault) {
        guard anchors.count < 10 * limits.aliases || anchors[anchor] != nil else {
            throw fault(.limit, "more than \(10 * limits.aliases) anchors", event)
        }
        anchors.updateValue(tree, forKey: anchor)
    }

    private mutating func alias(
        _ name: String, _ event: YAMLEvents.Event, _ depth: Int
    ) throws(Fault) -> NodeTree {
        aliases += 1
        guard aliases <= limits.aliases else {
            throw fault(.limit, "more than \(limits.aliases) aliases", event)
        }
        guard let known = anchors[name] else {
            throw fault(.syntax, "the alias *\(name) has no anchor before it", event)
        }
        guard let tree = known else {
            throw fault(.unsupported, "the alias *\(name) stands within its own anchor", event)
        }
        try count(tree.count, event)
        guard depth + tree.height <= limits.depth else {
            throw fault(.limit, "nested deeper than \(limits.depth) levels", event)
        }
        return tree
    }

    private func fault(
        _ code: DocumentCode, _ message: String, _ event: YAMLEvents.Event
    ) -> Fault {
        Fault(code, message, at: event.position.named(source))
    }
}
