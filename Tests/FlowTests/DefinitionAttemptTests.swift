import Document
import Testing

@testable import Flow

/// Tries, catches, retries and raised errors, as they come out of a file.
@Suite struct DefinitionAttemptTests {
    private static let text = """
        try: [{get: {call: http, with: {method: get, endpoint: 'http://h/{id}'}}}]
        catch:
          errors: {with: {type: 'https://t/errors/communication', status: 503, title: Busy}}
          as: trouble
          when: $trouble.status == 503
          exceptWhen: $trouble.detail == "no"
          retry:
            when: $trouble.status > 500
            exceptWhen: .never
            delay: PT3S
            backoff: {exponential: {factor: 1.5}}
            jitter: {from: {milliseconds: 10}, to: PT1S}
            limit: {attempt: {count: 5, duration: PT10S}, duration: PT1M}
          do: [{note: {set: {e: '${ $trouble }'}}}]
          then: exit
        """

    @Test("a try is read with everything its catch may say")
    func attempt() throws {
        guard case .try(let attempt) = try WorkflowText.task(Self.text).action else {
            Issue.record("no try")
            return
        }
        let rule = attempt.rule
        #expect(attempt.tasks.tasks.map(\.reference) == ["/do/0/it/try/0/get"])
        #expect(
            rule.filter == [
                "type": "https://t/errors/communication", "status": 503, "title": "Busy",
            ])
        #expect(rule.variable == "trouble")
        #expect(rule.when?.text == "$trouble.status == 503")
        #expect(rule.exceptWhen?.text == "$trouble.detail == \"no\"")
        #expect(rule.tasks?.tasks.map(\.reference) == ["/do/0/it/catch/do/0/note"])
        #expect(rule.then == .exit)
    }

    @Test("a retry policy is read with delay, backoff, jitter and limits")
    func retry() throws {
        guard case .try(let attempt) = try WorkflowText.task(Self.text).action,
            let retry = attempt.rule.retry, case .exponential(let factor) = retry.backoff
        else {
            Issue.record("no retry")
            return
        }
        #expect(retry.when?.text == "$trouble.status > 500")
        #expect(retry.exceptWhen?.text == ".never")
        #expect(retry.delay?.fixed == .seconds(3))
        #expect(factor == 1.5)
        #expect(retry.jitter?.from.fixed == .milliseconds(10))
        #expect(retry.jitter?.to.fixed == .seconds(1))
        #expect(retry.attempts == 5)
        #expect(retry.attemptDuration?.fixed == .seconds(10))
        #expect(retry.duration?.fixed == .seconds(60))
    }

    @Test("a retry policy is found by its name; its other backoffs are read")
    func named() throws {
        let top = """
            use:
              retries:
                steady: {delay: PT1S, backoff: {constant: {}}, limit: {attempt: {count: 2}}}
                slower: {backoff: {linear: {increment: PT2S}}, limit: {duration: PT1M}}
            """
        func backoff(_ name: String) throws -> RetryRule.Backoff? {
            let text = "try: [{a: {set: {x: 1}}}]\ncatch: {retry: \(name)}"
            guard case .try(let attempt) = try WorkflowText.task(text, top: top).action else {
                return nil
            }
            return attempt.rule.retry?.backoff
        }
        guard case .constant? = try backoff("steady"),
            case .linear(let increment)? = try backoff("slower")
        else {
            Issue.record("no backoff")
            return
        }
        #expect(increment == .seconds(2))
    }

    @Test("an error is raised as it stands, or by its name")
    func `raise`() throws {
        let top = """
            use:
              errors:
                late: {type: 'https://t/late', status: 408, title: Late, instance: /do/0}
            """
        guard
            case .raise(let named) = try WorkflowText.task("raise: {error: late}", top: top).action,
            case .raise(let inline) = try WorkflowText.task(
                "raise: {error: {type: '${ .t }', status: 500, detail: '${ .d }'}}"
            ).action
        else {
            Issue.record("no raise")
            return
        }
        #expect(named.type.constant == "https://t/late")
        #expect(named.status.constant == 408)
        #expect(named.title?.constant == "Late")
        #expect(named.instance?.constant == "/do/0")
        #expect(inline.type.expression == " .t ")
        #expect(inline.detail?.expression == " .d ")
    }

    @Test(
        "errors of either family of addresses are accepted where they are caught and raised",
        arguments: [
            "https://open-workflow-specification.org/dsl/errors/types/timeout",
            "https://open-workflow-specification.org/spec/1.0.0/errors/timeout",
            "https://serverlessworkflow.io/dsl/errors/types/timeout",
            "https://serverlessworkflow.io/spec/1.0.0/errors/timeout",
        ])
    func families(type: String) throws {
        let text = """
            try: [{a: {raise: {error: {type: '\(type)', status: 408}}}}]
            catch: {errors: {with: {type: '\(type)'}}}
            """
        _ = try WorkflowText.task(text)
    }
}
