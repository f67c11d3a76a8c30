import Document

/// The top of a file: what a workflow is called, when it begins and how it is read.
extension DefinitionReader {
    private static let topKeys = [
        "document", "input", "use", "do", "timeout", "output", "schedule", "evaluate",
    ]

    mutating func workflow(_ top: Node) -> Workflow? {
        guard top.kind != .nothing else {
            problem(
                top, "the file is empty; a workflow begins with \"document:\" and has a \"do:\"")
            return nil
        }
        guard let fields = fields(top, DefinitionReader.topKeys) else { return nil }
        let evaluation = evaluation(fields["evaluate"])
        isLoose = evaluation == .loose
        let document = required(fields, "document").flatMap { about($0) }
        var components = components(fields["use"])
        let timeout = timeout(fields["timeout"], Site.workflowInput.variables)
        var scope = TaskScope()
        scope.isTimed = timeout != nil
        readBodies(fields["use"], &components, scope)
        let tasks = required(fields, "do").flatMap { taskList($0, scope) }
        let input = inputRule(fields["input"], Site.workflowInput.variables)
        let output = outputRule(fields["output"], Site.workflowOutput.variables)
        let schedule = schedule(fields["schedule"])
        checkFunctionCalls()
        guard let document, let tasks else { return nil }
        return Workflow(
            document: document, input: input, output: output, timeout: timeout,
            schedule: schedule, evaluation: evaluation, components: components, tasks: tasks,
            source: top.source, remarks: [])
    }

    private mutating func evaluation(_ node: Node?) -> Workflow.EvaluationMode {
        guard let node, let fields = fields(node, ["language", "mode"]) else { return .strict }
        if let language = text(fields["language"]), language != "jq", let node = fields["language"]
        {
            problem(
                node,
                "expressions in \(Excerpt.quoted(language)) are not understood; write them "
                    + "in jq", .configuration)
        }
        return choice(fields["mode"], ["strict", "loose"])
            .flatMap(Workflow.EvaluationMode.init) ?? .strict
    }
}

/// `document`.
extension DefinitionReader {
    private static let documentKeys = [
        "dsl", "namespace", "name", "version", "title", "summary", "tags", "metadata",
    ]

    private mutating func about(_ node: Node) -> Workflow.About? {
        guard let fields = fields(node, DefinitionReader.documentKeys) else { return nil }
        let dsl = required(fields, "dsl").flatMap { language($0) }
        let namespace = required(fields, "namespace").flatMap { label($0) }
        let name = required(fields, "name").flatMap { label($0) }
        let version = required(fields, "version").flatMap { self.version($0) }
        let title = text(fields["title"], mayBeEmpty: true)
        let summary = text(fields["summary"], mayBeEmpty: true)
        var tags: [String: String] = [:]
        for (key, _, node) in members(fields["tags"]) { tags[key] = text(node, mayBeEmpty: true) }
        _ = members(fields["metadata"])
        let metadata = fields["metadata"].map { value($0) }
        guard let dsl, let namespace, let name, let version else { return nil }
        return Workflow.About(
            dsl: dsl, namespace: namespace, name: name, version: version, title: title,
            summary: summary, tags: tags, metadata: metadata)
    }

    private mutating func language(_ node: Node) -> String? {
        guard let text = text(node) else { return nil }
        guard let version = SemanticVersion(text) else {
            problem(
                node,
                "\(Excerpt.quoted(text)) is no version of the language; write 1.0.3 for this "
                    + "one")
            return nil
        }
        if version.major == 1, version.minor == 0, version.prerelease.isEmpty { return text }
        problem(
            node,
            "the language in version \(Excerpt.quoted(text)) is not understood; 1.0.0 to "
                + "1.0.3 are", .configuration)
        return nil
    }

    /// A namespace or a name: letters, digits and hyphens within.
    mutating func label(_ node: Node) -> String? {
        guard let text = text(node) else { return nil }
        let bytes = Array(text.utf8)
        let isHyphen = { (byte: UInt8) in byte == UInt8(ascii: "-") }
        let isLegal =
            bytes.count <= 63 && bytes.allSatisfy { $0.isAlphanumeric || isHyphen($0) }
            && !(bytes.first.map(isHyphen) ?? true) && !(bytes.last.map(isHyphen) ?? true)
        if isLegal { return text }
        problem(
            node,
            "\(Excerpt.quoted(text)) is no name; it has 1 to 63 letters, digits and hyphens, "
                + "no hyphen at either end")
        return nil
    }

    mutating func version(_ node: Node) -> String? {
        guard let text = text(node) else { return nil }
        if SemanticVersion(text) != nil { return text }
        problem(node, "\(Excerpt.quoted(text)) is no semantic version; write one like 1.0.0")
        return nil
    }
}

/// `schedule`.
extension DefinitionReader {
    private mutating func schedule(_ node: Node?) -> Schedule? {
        let kinds = ["every", "cron", "after", "on"]
        guard let node, let fields = fields(node, kinds + ["read"]) else { return nil }
        let read = readMode(fields["read"])
        if let node = fields["read"], fields["on"] == nil {
            problem(node, "\"read\" says how events are read; it needs an \"on\"")
        }
        let given = kinds.filter { fields[$0] != nil }
        guard given.count == 1, let node = fields[given[0]] else {
            problem(
                fields,
                given.isEmpty
                    ? "a schedule has one of \(kinds.listed("or"))"
                    : "a schedule has one of \(kinds.listed("or")), found \(given.listed("and"))")
            return nil
        }
        switch given[0] {
        case "every": return fixedDuration(node).map(Schedule.every)
        case "after": return fixedDuration(node).map(Schedule.after)
        case "cron": return cron(node).map(Schedule.cron)
        default:
            return consumption(node, Site.workflowInput.variables)
                .map { Schedule.on($0, read: read) }
        }
    }

    private mutating func cron(_ node: Node) -> Cron? {
        guard let text = text(node) else { return nil }
        do throws(Cron.Mistake) {
            return try Cron(text)
        } catch {
            problem(node, "\(error.message); write it like 0 6 * * mon-fri")
            return nil
        }
    }
}

extension UInt8 {
    var isLetter: Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self | 0x20)
    }

    var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }

    var isAlphanumeric: Bool { isLetter || isDigit }
}
