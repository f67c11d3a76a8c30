import Document
import Flow
import Glibc
import Telemetry
import Testing

/// No text and no input makes an expression run for ever, take all memory, or end the process: each
/// ends with a fault within its budget, also on a small stack.
@Suite struct ExpressionBoundTests {
    private func fault(_ text: String, _ input: Value = .null) -> Fault? {
        do {
            _ = try Expression(text).all(input, in: Expression.Scope())
            return nil
        } catch {
            return error
        }
    }

    @Test(
        "B56 what would run for ever, or grow for ever, ends with its budget",
        arguments: [
            "until(false; .)", "[range(1e9)]", "\"x\" * 1e9", "[repeat(1)]", "def f: f; f",
            "def f: 1 + f; f", "def f(g): f(g | g); f(.)", "[recurse(.)] | length",
            "last(repeat(1))",
            "reduce range(1e9) as $x (0; . + $x)", "[limit(1e9; repeat(\"x\"))]",
            "reduce range(60) as $x (\"x\"; . + .)", "reduce range(60) as $x ([1]; . + .)",
            "reduce range(60) as $x ([1]; [., .]) | tojson", "[range(1e6)] | [combinations]",
            "[range(99)] as $x | [$x, $x, $x, $x, $x] | [combinations] | length",
            "reduce range(100000) as $x (null; [.])", "def f: [f]; f", "[while(true; .)]",
            "def f: (., f); [f]", "def f: def g: f; g; f", "[range(infinite)]",
            "[range(0; 1; 1e-300)]",
            "reduce range(1e5) as $x (\"\"; . + \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\") | . * 200",
            "def d(f): if . > 1e6 then f else . + 1 | d(f + 1) end; 0 | d(.)", ".[1e9] = 1",
            ".[range(1e6)] = 1", "[splits(\"a\")] | until(false; .)",
            "(\"a\" * 60000) | [match(\"\"; \"g\")]",
        ])
    func endless(text: String) throws {
        let found = try #require(fault(text, .null))
        #expect(found.has(FlowCode.limit) || found.has(FlowCode.expression))
        #expect(found.message.utf8.count < 200)
    }

    @Test(
        "B56 a regular expression that backtracks without end is cut off",
        arguments: ["(a+)+$", "(a|aa)+$", "^(([a-z])+.)+[A-Z]([a-z])+$"])
    func backtracking(pattern: String) throws {
        let text = Value.string(String(repeating: "a", count: 5000) + "!")
        let found = try #require(fault("test(\"\(pattern)\")", text))
        #expect(found.has(FlowCode.limit))
    }

    @Test("B56 a text of 1 MB is worked on, or refused, within the budget")
    func large() throws {
        let text = Value.string(String(repeating: "ab ", count: 350_000))
        for expression in ["length", "ascii_upcase | length", "test(\"b\")", "@base64 | length"] {
            #expect(fault(expression, text) == nil, "\(expression)")
        }
        for expression in [
            "[explode, explode, explode]", "[match(\"a\"; \"g\")]", "[range(99) as $x | . + \"x\"]",
        ] {
            #expect(fault(expression, text)?.has(FlowCode.limit) == true, "\(expression)")
        }
    }

    @Test("B56 what is divided by zero, and times out of range, are errors")
    func range() throws {
        for text in [
            "1 / 0", "1 % 0", "0 / 0", "1e18 | todate", "-1e18 | todate", "infinite | gmtime",
            "nan | todate", "1e18 | gmtime", "[1e300, 0, 0, 0, 0, 0, 0, 0] | mktime",
            "[9e8, 9e8, 9e8, 9e8, 9e8, 9e8, 9e8, 9e8] | mktime", "[-1] | implode",
            "[55296] | implode",
        ] {
            #expect(fault(text)?.has(FlowCode.expression) == true, "\(text)")
        }
    }

    static let deep: [String] = [
        String(repeating: "(", count: 10_000), String(repeating: "[", count: 10_000),
        String(repeating: "(", count: 10_000) + "1" + String(repeating: ")", count: 10_000),
        String(repeating: "{a:", count: 10_000), String(repeating: "-", count: 10_000) + "1",
        String(repeating: ".|", count: 10_000) + ".", String(repeating: "1+", count: 10_000) + "1",
        "." + String(repeating: "[0]", count: 10_000), String(repeating: ".a", count: 10_000),
        String(repeating: "if . then ", count: 5_000), String(repeating: "\"\\(", count: 10_000),
        String(repeating: "try ", count: 10_000), "." + String(repeating: "?", count: 10_000),
        String(repeating: ". as [", count: 5_000), ". as " + String(repeating: "[", count: 10_000),
        String(repeating: "def f: ", count: 5_000), String(repeating: "f(", count: 10_000),
        String(repeating: "def f: 1; ", count: 5_000) + "f",
        String(repeating: "1,", count: 10_000) + "1",
        "if . then 1 " + String(repeating: "elif . then 1 ", count: 4_000) + "end",
        String(repeating: ".[", count: 10_000), String(repeating: "1 as $x | ", count: 5_000) + "1",
        String(repeating: "reduce . as $x (0; ", count: 3_000),
        String(repeating: "a//", count: 9_000),
    ]

    @Test("B56 a text that is nested ten thousand deep is a fault, also on a small stack")
    func nesting() {
        let faults = onSmallStack {
            Self.deep.map { text -> Fault? in
                do throws(Fault) {
                    _ = try Expression(text)
                    return nil
                } catch {
                    return error
                }
            }
        }
        for (text, fault) in zip(Self.deep, faults ?? []) {
            #expect(fault != nil, "\(text.prefix(20))")
        }
    }

    @Test("B56 recursion, deep values and wide trees end well on a small stack")
    func recursion() {
        let texts = [
            "def f: 1 + f; f", "def f: [f]; f", "def f: (., f); [f]",
            "reduce range(1e5) as $x (0; [.])",
            "def f(g): g | f(g); 1 | f(., .)", "[recurse(., .)]", "def f: try f catch .; f",
            "def f: f // 1; f", "def f: {a: f}; f", "def f: \"\\(f)\"; f", "def f: .[f]; f",
            "def f: f as $x | $x; f", "def f: reduce f as $x (0; .); f", "def f: path(f); f",
            "def f: .a |= f; {a: 1} | f", "def f: sub(\"a\"; f); \"a\" | f",
            "def f: limit(1; f); f",
            "def f: any(f; .); f", "def f: sort_by(f); [1, 2] | f", "def f: map(f); [[]] | f",
            "def f: if f then 1 else 2 end; f", "def f: f | f; f", "def f: f, f; [f]",
            "reduce range(150) as $x (0; [.]) | [.. | length] | length",
            "reduce range(120) as $x (0; [.]) | walk(.) | tojson | length",
            "reduce range(120) as $x (0; [.]) | . == . and (. < [.]) and (flatten == [0])",
            "def d($n): if $n == 0 then 0 else {a: d($n - 1)} end; d(30) | [paths] | length",
        ]
        let faults = onSmallStack { texts.map { fault($0) } }
        #expect(faults?.count == texts.count)
    }

    @Test("a state that grows is not copied at each step")
    func growth() throws {
        let scope = Expression.Scope()
        for text in [
            "reduce range(10000) as $x ([]; . + [$x]) | length",
            "reduce range(10000) as $x ({}; .list += [$x]) | .list | length",
            "reduce range(10000) as $x ([]; .[$x] = $x) | length",
            "reduce range(10000) as $x ({}; .a[$x % 9 | tostring] += [$x]) | [.a[] | length] | add",
            "reduce range(10000) as $x (\"\"; . + \"x\") | length",
        ] {
            let count = try #require(try Expression(text).first(.null, in: scope)?.integer)
            #expect(count == 10_000)
        }
    }

    @Test("what only the first output needs is all that is computed")
    func laziness() throws {
        for text in [
            "first(range(1e9))", "[limit(3; repeat(1))] | length", "first(1, error(\"late\"))",
            "isempty(range(1e9)) | not", "any(range(1e9); . > 5)", "all(range(1e9); . < 5) | not",
            "first(range(1e9) | select(. > 100))", "nth(5; range(1e9))",
            "first(recurse(. + 1)) // 0",
            "[limit(3; 1 | recurse(. + 1))] | length", "[.[]?, first(repeat(.))] | 1",
        ] {
            #expect(try Expression(text).first(.null, in: Expression.Scope()) != nil, "\(text)")
        }
        #expect(try Expression("range(1e9)").first(.null, in: Expression.Scope()) == 0)
    }

    /// Runs a body on a thread whose stack has 512 KB.
    private func onSmallStack<Result>(_ body: @escaping () -> Result) -> Result? {
        let attributes = UnsafeMutablePointer<pthread_attr_t>.allocate(capacity: 1)
        unsafe pthread_attr_init(attributes)
        unsafe pthread_attr_setstacksize(attributes, 512 << 10)
        defer {
            unsafe pthread_attr_destroy(attributes)
            unsafe attributes.deallocate()
        }
        let job = Job { body() }
        var thread = pthread_t()
        let pointer = unsafe Unmanaged.passRetained(job).toOpaque()
        let result = unsafe pthread_create(
            &thread, attributes,
            { pointer in
                guard let pointer = unsafe pointer else { return nil }
                let job = unsafe Unmanaged<Job>.fromOpaque(pointer).takeRetainedValue()
                job.run()
                return nil
            }, pointer)
        guard result == 0 else { return nil }
        pthread_join(thread, nil)
        return job.result as? Result
    }

    /// What a thread does and what came of it.
    // SAFETY: the thread that made it waits for the other one before it looks.
    private final class Job: @unchecked Sendable {
        private let body: () -> Any
        private(set) var result: Any?
        init(_ body: @escaping () -> Any) { self.body = body }
        func run() { result = body() }
    }
}
