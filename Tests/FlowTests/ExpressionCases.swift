/// Expressions written by hand, with their inputs, to be compared with the jq program: paths,
/// operators, constructs and errors. A line `< value` is the input of the lines below it.
enum ExpressionCases {
    struct Case: Sendable {
        let expression: String
        let input: String
    }

    static let all: [Case] = [language, errors, values, texts].flatMap(read)

    private static func read(_ table: String) -> [Case] {
        var (cases, input): ([Case], String) = ([], "null")
        for line in table.split(separator: "\n").map(String.init) {
            if line.hasPrefix("< ") {
                input = String(line.dropFirst(2))
            } else {
                cases.append(Case(expression: line, input: input))
            }
        }
        return cases
    }

    private static let language = #"""
        < {"a":{"b":[10,20,{"c":"x"}]},"n":null,"t":true,"a b":1,"list":[3,1,2],"s":"text"}
        .
        .a
        .a.b
        ."a"
        ."a b"
        .["a b"]
        .a["b"]
        .a.b[0]
        .a.b[-1]
        .a.b[5]
        .a.b[-5]
        .a.b[1.7]
        .a.b[2].c
        .a."b"
        .a.b[1:]
        .a.b[:1]
        .a.b[:-1]
        .a.b[-2:]
        .a.b[1:2]
        .a.b[2:1]
        .a.b[0:10]
        .a.b[1.2:1.8]
        .a.b[null:2]
        .s[1:3]
        .s[:-1]
        .s[-2:]
        .n[1:2]
        .n.x.y
        .n[0]
        .n["x"]
        .missing
        .missing.deeper
        .a[]
        .a.b[]
        .[]
        .list[]
        .s?
        .s.x?
        .s[0]?
        .s[]?
        .list["a"]?
        .list.a?
        (.s.x.y)?
        [.list[]?]
        [..]
        [.. | numbers]
        [..?]
        .a | .b | length
        .list, .s
        [.list[], .s]
        .list[0, 2]
        .["s", "t"]
        .list[0, 1:2, 3]
        .n // "default"
        .missing // .s
        .t // false
        (.n, .t, .s) // 1
        (.n, false) // 1
        empty // 2
        [.[]? // 3]
        .list[9] // "none"
        (.list[] | select(. > 5)) // "few"
        {a: 1}
        {a: .s, b: .t}
        {s, t}
        {"s"}
        {"a b"}
        {"x": 1, "y": 2}
        {(.s): 1}
        {(.s, "k"): 1}
        {a: (1, 2)}
        {a: (1, 2), b: (3, 4)}
        {"k\(1 + 1)": .t}
        {@base64 "x": 1}
        {"a": 1 | 2}
        {if: 1, then: 2, and: 3}
        {a: {b: {c: .list}}}
        {a: .list[], b: .s}
        .s as $x | {$x}
        .s as $x | {$x, y: $x}
        {a: -1}
        {}
        []
        [1, 2, 3]
        [.list[] | . * 2]
        [[.list[]], [.s]]
        if .t then "yes" else "no" end
        if .n then "yes" else "no" end
        if .n then 1 elif .t then 2 else 3 end
        if .n then 1 elif .missing then 2 elif false then 4 else 3 end
        if (true, false, null) then 1 else 2 end
        if empty then 1 else 2 end
        [if .list[] > 1 then "big" else "small" end]
        .list | map(. + 1)
        .list | map(select(. != 2))
        .list | map(empty)
        .list | map(., .)
        reduce .list[] as $x (0; . + $x)
        reduce .list[] as $x ([]; . + [$x * 2])
        reduce empty as $x (7; . + 1)
        reduce .list[] as $x (0; empty)
        reduce .list[] as $x (0; . + $x, . * $x)
        reduce .a.b[0:2][] as $x (0; . + $x) | . * 2
        reduce (.list | to_entries)[] as {key: $k, value: $v} (0; . + $k * $v)
        [foreach .list[] as $x (0; . + $x)]
        [foreach .list[] as $x (0; . + $x; [$x, .])]
        [foreach .list[] as $x (0; . + $x; select(. > 3))]
        [foreach .list[] as $x (0; empty; .)]
        [foreach .list[] as $x (0; . + $x, . * 2; .)]
        [foreach .list[] as [$x] (0; 1)?]
        [foreach range(5) as $i (null; $i; ., .)]
        [limit(2; .list[])]
        [limit(0; .list[])]
        [limit(10; .list[])]
        [limit(1, 2; .list[])]
        first(.list[])
        first(empty)
        [first(range(10; 0; -1))]
        last(.list[])
        last(empty)
        nth(1; .list[])
        nth(0, 2; .list[])
        .list | first, last, nth(1)
        [.list[] | until(. > 100; . * 2)]
        [.list[] | while(. < 20; . * 2)]
        [2 | recurse(. * .; . < 100)]
        [recurse(if type == "object" then .a else empty end)]
        [.a | recurse]
        [{"k": [{"k": []}]} | recurse(.k[])]
        [range(5)]
        [range(2; 5)]
        [range(0; 10; 3)]
        [range(10; 0; -4)]
        [range(0; 1; 0.25)]
        [range(0, 1; 3, 4)]
        [range(2, 4)]
        [range(-1)]
        [range(5; 0)]
        [range(1.5)]
        [range(0; 3; 5)]
        try error("x") catch .
        try error({"a": 1}) catch .a
        try error catch .s
        try (1, error("x"), 3) catch "caught \(.)"
        [.list[] | try (if . == 1 then error("one") else . end) catch "none"]
        [(1, error("x"), 3)?]
        try (try error("a") catch error("b")) catch .
        (try error("x") catch .) | length
        try empty catch 1
        error("x")?
        [.[] | (.x)?]
        [.[] | tonumber?]
        .list as [$a, $b] | $a + $b
        .list as [$a] | $a
        .list as [$a, $b, $c, $d] | [$a, $b, $c, $d]
        .a as {b: [$x, $y]} | [$x, $y]
        . as {a: {b: [$x]}, s: $s} | [$x, $s]
        . as {$s, $t} | [$s, $t]
        . as {s: $x, $t} | [$x, $t]
        . as {"s": $x} | $x
        . as {("s", "t"): $x} | $x
        . as {$a: {$b}} | $b
        .list[] as $x | $x + 1
        (1, 2) as $x | (3, 4) as $y | [$x, $y]
        1 as $x | 2 as $x | $x
        [1 as $x | $x, 2 as $x | $x]
        1 as $x | [$x, (2 as $x | $x), $x]
        [.list[] as [$x] | 1]?
        "a \(.s) b"
        "\(1 + 1)\(.s)\("in \("deep")")"
        "\(1, 2)-\(3, 4)"
        "list: \(.list), null: \(.n)"
        "tab\tnew\nquote\"slash\/back\\u00e9\u00e9"
        "\ud83d\ude00"
        "" | length
        def f: 1; f
        def f(x): x * 2; f(3)
        def f(x): x | x; 2 | f(. * .)
        def f($a; $b): $a + $b; f(1; 2)
        def f($a; $b): $a + $b; [f(1, 2; 10, 20)]
        def f(g; $x): [g, $x]; f(.s; .t)
        def f: def g: 3; g; f
        def f(g): def h: g; h; 1 | f(. + 1)
        def fac: if . <= 1 then 1 else . * (. - 1 | fac) end; 10 | fac
        def fib: if . < 2 then . else (. - 1 | fib) + (. - 2 | fib) end; [range(10) | fib]
        def f: (., 1); [f, f]
        def f(x): x as $v | [$v]; f(1, 2)
        def f: reduce .[] as $x (0; . + $x); .list | f
        def map(f): "own"; .list | map(. + 1)
        def f(x): x; def g(x): f(x + 1); g(1)
        def f(f): f; f(5)
        def f($a): a + $a; f(2)
        def count(f): reduce f as $_ (0; . + 1); count(.list[])
        def d(f): if . > 3 then . else f | d(f) end; 0 | d(. + 1)
        def z: def y: def x: 1; x + 1; y + 1; z + 1
        def walk2(f): if type == "array" then map(walk2(f)) else f end; [[1], 2] | walk2(. + 1)
        .list = 1
        .list[0] = 9
        .list[5] = 9
        .list[-1] = 9
        .x.y.z = 1
        .x[2] = 1
        (.s, .t) = 0
        .list[] = 0
        .list[1:] = ["z"]
        .list[:1] = []
        .list[1:1] = [7, 8]
        .list = (1, 2)
        .a.b[2].c = .s
        .list |= map(. + 1)
        .list[] |= . * 10
        .a.b[0] |= . + 1
        .a |= .b
        .missing |= 3
        .list[1:] |= map(. * 2)
        (.list | .[0]) |= 5
        .s |= ascii_upcase
        (.list[] | select(. > 1)) |= . + 100
        .list += [4]
        .list -= [3]
        .list[0] += 1
        .list[] += 10
        .list[] -= 1
        .list[] *= 2
        .list[] /= 2
        .list[] %= 2
        .n += 5
        .s += "!"
        .missing //= 4
        .s //= 4
        .list[0] += (1, 2)
        .list[] //= 0
        (.a.b[0], .a.b[1]) += 1
        .list[.list[1]] = "x"
        .a.b |= (.[0] = 5 | .[1] = 6)
        .list |= first(.[] , 5)
        .a[("b", "z")] = 1
        (if .t then .s else .n end) = "set"
        (.missing // .s) = "set"
        (first(.list[])) = "set"
        (.list | last) |= 7
        (.list | nth(1)) |= 7
        (.a | getpath(["b", 0])) |= 7
        getpath(["x", "y"]) = 5
        (.. | numbers) |= . + 1
        (.. | select(type == "string")) |= "s"
        .list as $l | .s = $l
        del(.a)
        del(.a.b[0])
        del(.a.b[0, 1])
        del(.a, .n, .t)
        del(.list[])
        del(.list[1:])
        del(.list[:2])
        del(.list[-1])
        del(.missing)
        del(.missing.deeper)
        del(.list[10])
        del(..)
        del(.list[] | select(. > 1))
        del(empty)
        to_entries
        [path(..)]
        [paths]
        [paths(type == "number")]
        [leaf_paths]
        path(.a.b[0])
        [path(.a[].c?)]
        [path(.list[])]
        path(.list[1:])
        path(.x.y)
        [path(.a | .b, .c)]
        [path(if .t then .a else .s end)]
        [path(.missing // .s)]
        [path(first(.list[]))]
        [path(.list[] | select(. > 1))]
        [path(getpath(["a", "b"]) | .[0])]
        path(.)
        [path(.a?, .s.x?)]
        [path(try .a catch .b)]
        [path(recurse)]
        [path(.list | recurse)]
        [path(def f: .a; f | .b)]
        [path(. as $x | .a)]
        [path(.list | first, last)]
        getpath(["a", "b", 0])
        getpath(["a", "b"], ["s"])
        getpath([])
        getpath(["no", "such"])
        setpath(["a", "b", 0]; 1)
        setpath([]; 1)
        setpath(["x", 2]; 1)
        delpaths([["a", "b"], ["s"]])
        delpaths([])
        delpaths([[]])
        delpaths([["a", "b", 0], ["a", "b", 1]])
        1 + 2 * 3
        (1 + 2) * 3
        1 - 2 - 3
        2 * 3 % 4
        -1 + 2
        -(1, 2)
        - .list[0]
        7 / 2
        8 / 2
        7 % 3
        -7 % 3
        7 % -3
        5.9 % 3.1
        1e3
        .5 + .25
        1.0
        100000000000000000000
        1 == 1.0
        "a" == "a"
        [1, 2] == [1, 2]
        {"a": 1, "b": 2} == {"b": 2, "a": 1}
        1 != 2
        1 < 2, 2 <= 2, 3 > 4, 4 >= 4
        "a" < "b", "b" < "a", "a" < "aa", "Z" < "a"
        [] < {}, null < false, false < true, true < 0, 0 < "", "" < []
        [1, 2] < [1, 3], [1] < [1, 0], [] < [null]
        {"a": 2} < {"b": 1}, {"a": 1} < {"a": 2}, {"a": 1} < {"a": 1, "b": 0}
        true and false, true and true, null and 1, 1 and 2
        true or false, false or null, false or 1
        (true, false) and (true, false)
        (true, false) or (true, false)
        true, false | not
        null + 1, 1 + null, null + null
        "a" + "b" + "c"
        [1] + [2] + []
        {"a": 1} + {"b": 2} + {"a": 3}
        [1, 2, 3, 1] - [1]
        [1, 2] - []
        [[1], {"a": 1}] - [[1]]
        "ab" * 3
        {"a": {"b": 1}} * {"a": {"c": 2}}
        {"a": {"b": 1}} * {"a": 2}
        {"a": 1} * {"a": {"c": 2}}
        "a,b,c" / ","
        "abc" / ""
        "a" / "b"
        (1, 2) + (10, 20)
        (1, 2) * (3, 4) - (5, 6)
        [(1, 2) < (2, 1)]
        1 as $x | $x + 1 | . * $x
        1, 2 | . + 1
        [1, 2 | . + 1]
        1 // 2 | . + 1
        """#
}
