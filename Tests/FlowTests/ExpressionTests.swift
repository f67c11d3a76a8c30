import Document
import Flow
import Telemetry
import Testing

/// Expressions: what they give for which input, and what is said of those that are none.
@Suite struct ExpressionTests {
    private func all(
        _ text: String, _ input: Value = .null, _ scope: Expression.Scope = .init()
    ) throws -> [Value] {
        try Expression(text).all(input, in: scope)
    }

    private func refusal(_ text: String) -> String {
        do {
            _ = try Expression(text, variables: ["input", "context"])
            return "no fault"
        } catch {
            return error.description
        }
    }

    @Test("an expression keeps its text, and knows which variables of the caller it names")
    func text() throws {
        #expect(try Expression(".name").text == ".name")
        #expect(
            try Expression("$input.a + $context.b + $input.c").variables == ["input", "context"])
    }

    @Test("the first output is given alone, and nothing where there is none")
    func first() throws {
        let scope = Expression.Scope()
        #expect(try Expression(".[]").first([1, 2], in: scope) == 1)
        #expect(try Expression("empty").first(.null, in: scope) == nil)
        #expect(try Expression("null").first(.null, in: scope) == .some(.null))
    }

    @Test("variables come from the scope; one that it does not have is null")
    func variables() throws {
        let scope = Expression.Scope(variables: ["input": ["a": 1], "context": 5])
        #expect(try all("$input.a + $context", .null, scope) == [6])
        #expect(try all("$secrets", .null, scope) == [.null])
        #expect(try all("1 as $input | $input", .null, scope) == [1])
    }

    @Test("now is what the scope says")
    func now() throws {
        let scope = Expression.Scope(now: 1_425_599_621)
        #expect(try all("now | todate", .null, scope) == ["2015-03-05T23:53:41Z"])
    }

    @Test(
        "integers stay exact to 64 bits, and become doubles beyond",
        arguments: [
            ("9223372036854775807", Value.integer(.max)), ("18446744073709551615", .unsigned(.max)),
            ("9007199254740993 + 0", 9_007_199_254_740_993),
            ("9223372036854775807 - 1", .integer(.max - 1)),
            ("9223372036854775807 + 1", .unsigned(1 << 63)),
            ("18446744073709551615 + 1", .number(18446744073709551616.0)),
            ("3037000500 * 3037000500", .unsigned(9_223_372_037_000_250_000)),
            ("-9223372036854775808 - 1", .number(-9223372036854775808.0)), ("6 / 3", 2),
            ("7 / 2", 3.5),
            ("9223372036854775806 / 2", 4_611_686_018_427_387_903), ("0.5 + 0.5", 1), ("1.0", 1),
            ("9007199254740993 == 9007199254740992.0", false),
            ("9007199254740993 > 9007199254740992.0", true),
            ("9223372036854775807 % 10", 7),
            ("-0", .number(-0.0)),
            ("\"9007199254740993\" | tonumber", 9_007_199_254_740_993),
            ("9007199254740993 | tostring", "9007199254740993"),
            ("1 - 1.5", -0.5), ("1e3", 1000), ("-(5)", -5), ("[3, 1] | max", 3),
            ("-9223372036854775808 | abs", .unsigned(1 << 63)),
        ] as [(String, Value)])
    func integers(text: String, expected: Value) throws {
        #expect(try all(text) == [expected])
    }

    @Test(
        "what JSON cannot write leaves as what it can: NaN as null, infinity as the greatest number"
    )
    func unwritable() throws {
        #expect(
            try all("nan, infinite, -infinite, [nan]") == [
                .null, .number(.greatestFiniteMagnitude), .number(-.greatestFiniteMagnitude),
                [.null],
            ])
    }

    @Test(
        "what jq 1.7 has is there too",
        arguments: [
            ("if true then 1 end", [1]), ("[1, 2] | pick(.[1])", [[.null, 2]]),
            ("\" a \" | trim, ltrim, rtrim", ["a", "a ", " a"]),
            ("1, [1] | toarray", [[1], [1]]), ("-5 | abs", [5]),
            ("[[1, 2], [3]] | map(.[0])", [[1, 3]]),
            ("{a: 1 + 1}", [["a": 2]]), (".a.[0]?", [.null]), ("97 | ascii", ["a"]),
            ("[limit(0; 1, 2)]", [[]]), ("[.[]?] | add", [.null]), ("[1, 2] | add(.[] * 2)", [6]),
            ("\"aéb\" | indices(\"b\")", [[2]]),
            ("\"abc\" | [match(\"\"; \"g\").offset]", [[0, 1, 2, 3]]),
            ("\"abc\" | gsub(\"\"; \"-\")", ["-a-b-c-"]),
            ("\"abc\" | gsub(\"^\"; \">\")", [">abc"]),
            ("[1, 5, 3, 0, 7] | (.[] | select(. >= 2)) |= empty", [[1, 0]]),
            ("1 | [limit(3; repeat(. * 2))]", [[1, 2, 4]]),
            ("try error(null) catch .", [.null]), ("[.[]?, 1] | (1, 2)? | . + 1", [2, 3]),
            ("try ((1)? | error(\"x\")) catch .", ["x"]),
            ("[[1, 2], [3, 4]] | [getpath([0, 1], [1, 0])]", [[2, 3]]),
            ("\"a,b\" | ltrimstr(\"a\")", [",b"]),
            ("\"it's\" | @html", ["it&#39;s"]), ("\"a!*'()\" | @uri", ["a%21%2A%27%28%29"]),
            ("[splits(\"a\")]?, 1", [1]),
            ("\"x\" as $x | {$x: 1}?, {$x}", [["x": 1], ["x": "x"]]),
        ] as [(String, [Value])])
    func newer(text: String, expected: [Value]) throws {
        #expect(try all(text) == expected)
    }

    @Test(
        "a text that is no expression is refused with the place and what to do",
        arguments: [
            ("", "the expression is empty"),
            (".a |", "expression:1:5: expected a term, found the end"),
            (".a.", "expected a name in quotes or '['"), ("(1", "expected ')', found the end"),
            ("[1", "expected ']', found the end"),
            ("{a 1}", "expected ',' or '}', found the number 1"),
            ("\"abc", "has no closing quote"), ("\"\\q\"", "this escape is unknown"),
            ("'a'", "double quotes"),
            ("!true", "write '| not'"), (".a && .b", "write 'and'"),
            ("1 == 2 == 3", "cannot follow another one"),
            ("if true then 1", "expected 'end', found the end"), ("1 as x | 2", "expected '$name'"),
            ("$inptu", "there is no variable $inptu here; did you mean input?"),
            (".a\n| $nope", "expression:2:3"),
            ("lenght", "there is no function lenght; did you mean length?"),
            ("map(.a; .b)", "map takes 1 arguments, not 2"),
            ("selct(.a)", "did you mean select"), ("@foo", "there is no format @foo"),
            ("@csvv", "did you mean csv?"),
            ("a::b", "modules are left out"), ("def f: 1;", "expected a term, found the end"),
            ("{(1)}", "expected ':'"),
            ("reduce . (1; 2)", "expected 'as'"),
            (". as [$a] ?// $b | 1", "'?//' is part of jq that is left out"),
            ("\u{1}", "this character means nothing here"),
            ("1 2", "expected an operator or the end, found the number 2"),
        ])
    func refused(text: String, part: String) {
        let message = refusal(text)
        #expect(message.contains(part), "\(text): \(message)")
    }

    @Test("what is left out of jq is refused by its name, with the reason")
    func leftOut() {
        for (reason, names) in Expression.leftOut {
            for name in names {
                let message = refusal(name == "?//" ? ". as $a ?// $b | 1" : name)
                #expect(message.contains("left out"), "\(name): \(message)")
                #expect(message.contains(name), "\(name): \(message)")
                #expect(reason.utf8.count < 80)
            }
        }
    }

    @Test(
        "errors say what jq says",
        arguments: [
            (".a", .integer(1), "Cannot index number with \"a\""),
            (".[0]", ["a": 1], "Cannot index object with number"),
            (".[]", 5, "Cannot iterate over number (5)"),
            (". + 1", [], "array ([]) and number (1) cannot be added"),
            ("error(\"own words\")", .null, "own words"),
            ("error({a: 1})", .null, "the error {\"a\":1} was raised"),
            ("keys", 1, "number (1) has no keys"),
            ("tonumber", "x", "string (\"x\") cannot be parsed as a number"),
            (". / 0", 1, "number (1) and number (0) cannot be divided because the divisor is zero"),
            (
                ". + 1", "a long text that is cut",
                "string (\"a long tex...) and number (1) cannot be added"
            ),
        ] as [(String, Value, String)])
    func errors(text: String, input: Value, message: String) throws {
        do {
            _ = try Expression(text).all(input, in: Expression.Scope())
            Issue.record("\(text) gave no error")
        } catch {
            #expect(error.message == message)
            #expect(error.has(FlowCode.expression))
            #expect(error.place == "expression '\(text)'")
        }
    }

    @Test("a text of jq's first page means what it means there")
    func example() throws {
        let input: Value = [
            "items": [
                ["name": "a", "price": 5], ["name": "b", "price": 15], ["name": "c", "price": 25],
            ]
        ]
        #expect(
            try all("[.items[] | select(.price > 10) | {name, price}]", input) == [
                [["name": "b", "price": 15], ["name": "c", "price": 25]]
            ])
        #expect(try all("\"Hello \\(.items[0].name)!\"", input) == ["Hello a!"])
    }
}
