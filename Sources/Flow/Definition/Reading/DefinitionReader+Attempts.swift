import Document

/// `try`, `catch` and `raise`: errors and what is done about them.
extension DefinitionReader {
    mutating func attempt(_ what: Node, _ node: Node, _ scope: TaskScope) -> TaskAction? {
        let tasks = taskList(what, scope)
        let rule = required(node, "catch").flatMap { catchRule($0, scope) }
        guard let tasks, let rule else { return nil }
        return .try(Attempt(tasks: tasks, rule: rule))
    }

    private mutating func catchRule(_ node: Node, _ scope: TaskScope) -> CatchRule? {
        let keys = ["errors", "as", "when", "exceptWhen", "retry", "do", "then"]
        guard let fields = fields(node, keys) else { return nil }
        let filter = errorFilter(fields["errors"])
        let name = variable(fields["as"], default: "error")
        let inner = scope.adding([name])
        let variables = inner.variables(.definition)
        let when = expression(fields["when"], variables)
        let exceptWhen = expression(fields["exceptWhen"], variables)
        let retry = fields["retry"].flatMap { self.retry($0, variables) }
        let tasks = fields["do"].flatMap { taskList($0, inner) }
        let then = directive(fields["then"], scope)
        return name.map {
            CatchRule(
                filter: filter, variable: $0, when: when, exceptWhen: exceptWhen, retry: retry,
                tasks: tasks, then: then)
        }
    }

    private mutating func errorFilter(_ node: Node?) -> [String: Value] {
        guard let node, let fields = fields(node, ["with"]), let with = fields["with"],
            let members = self.fields(with, ["type", "status", "instance", "title", "detail"])
        else { return [:] }
        if members.members.isEmpty { problem(with, "the filter is empty; leave it out") }
        var filter: [String: Value] = [:]
        for (key, _, node) in members.members {
            if key == "status" {
                filter[key] = integer(node, 0...999).map(Value.init)
            } else if let text = text(node) {
                filter[key] = .string(text)
                if DefinitionReader.enclosed(text) != nil {
                    problem(
                        node, "a filter of errors holds no expressions; put them into \"when\"")
                }
            }
        }
        return filter
    }

    mutating func `raise`(_ node: Node, _ scope: TaskScope) -> TaskAction? {
        guard let fields = fields(node, ["error"]), let error = required(fields, "error") else {
            return nil
        }
        if error.kind == .mapping {
            return errorTemplate(error, scope.variables(.definition)).map(TaskAction.raise)
        }
        guard let name = text(error) else { return nil }
        return lookUp(name, in: used.errors, "the error \(Excerpt.quoted(name))", error)
            .flatMap(\.self).map(TaskAction.raise)
    }

    mutating func errorTemplate(_ node: Node, _ variables: Set<String>) -> ErrorTemplate? {
        let keys = ["type", "status", "instance", "title", "detail"]
        guard let fields = fields(node, keys) else { return nil }
        let type = required(fields, "type").map { textTemplate($0, variables) }
        let status = required(fields, "status").flatMap { self.status($0, variables) }
        let others = ["title", "detail", "instance"].map { key in
            fields[key].map { textTemplate($0, variables) }
        }
        guard let type, let status else { return nil }
        return ErrorTemplate(
            type: type, status: status, title: others[0], detail: others[1], instance: others[2])
    }

    private mutating func status(_ node: Node, _ variables: Set<String>) -> Template? {
        if node.kind == .text, (try? node.string()).flatMap(DefinitionReader.enclosed) != nil {
            return textTemplate(node, variables)
        }
        return integer(node, 0...999).map { .value(Value($0)) }
    }
}

/// Retry policies.
extension DefinitionReader {
    private mutating func retry(_ node: Node, _ variables: Set<String>) -> RetryRule? {
        guard node.kind != .mapping else { return retryRule(node, variables) }
        guard let name = text(node) else { return nil }
        return lookUp(name, in: used.retries, "the retry policy \(Excerpt.quoted(name))", node)
            .flatMap(\.self)
    }

    mutating func retryRule(_ node: Node, _ variables: Set<String>) -> RetryRule? {
        let keys = ["when", "exceptWhen", "delay", "backoff", "limit", "jitter"]
        guard let fields = fields(node, keys) else { return nil }
        var rule = RetryRule(
            when: expression(fields["when"], variables),
            exceptWhen: expression(fields["exceptWhen"], variables),
            delay: duration(fields["delay"], variables), backoff: backoff(fields["backoff"]),
            jitter: jitter(fields["jitter"], variables))
        guard let node = fields["limit"], let limit = self.fields(node, ["attempt", "duration"])
        else {
            if fields["limit"] == nil {
                remark(fields, "without a limit this is tried again for as long as it fails")
            }
            return rule
        }
        rule.duration = duration(limit["duration"], variables, isPositive: true)
        if let node = limit["attempt"], let attempt = self.fields(node, ["count", "duration"]) {
            rule.attempts = integer(attempt["count"], 0...Int(Int32.max))
            rule.attemptDuration = duration(attempt["duration"], variables, isPositive: true)
        }
        return rule
    }

    private mutating func backoff(_ node: Node?) -> RetryRule.Backoff {
        let kinds = ["constant", "linear", "exponential"]
        guard let node, let fields = fields(node, kinds) else { return .constant }
        let given = kinds.filter { fields[$0] != nil }
        guard given.count == 1, let what = fields[given[0]] else {
            problem(node, "a backoff is one of \(kinds.listed("or")), as in exponential: {}")
            return .constant
        }
        switch given[0] {
        case "linear":
            guard let inner = self.fields(what, ["increment"]) else { return .constant }
            return .linear(increment: fixedDuration(inner["increment"]))
        case "exponential":
            guard let inner = self.fields(what, ["factor"]) else { return .constant }
            guard let node = inner["factor"] else { return .exponential(factor: 2) }
            if let factor = try? node.number(in: 1...100) { return .exponential(factor: factor) }
            problem(node, "expected a factor from 1 to 100, found \(node.found)")
            return .constant
        default:
            _ = self.fields(what, [])
            return .constant
        }
    }

    private mutating func jitter(
        _ node: Node?, _ variables: Set<String>
    ) -> RetryRule.Jitter? {
        guard let node, let fields = fields(node, ["from", "to"]) else { return nil }
        let from = required(fields, "from").flatMap { duration($0, variables) }
        let to = required(fields, "to").flatMap { duration($0, variables) }
        guard let from, let to else { return nil }
        if case (.fixed(let least), .fixed(let most)) = (from, to), least > most {
            problem(node, "the jitter begins above its end: \(least) to \(most)")
        }
        return RetryRule.Jitter(from: from, to: to)
    }
}
