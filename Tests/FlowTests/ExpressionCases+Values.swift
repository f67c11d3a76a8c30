/// Functions of values and of texts.
extension ExpressionCases {
    static let errors = #"""
        < {"n":5,"s":"x","l":[1],"o":{"k":1},"b":true,"z":null}
        .n.a
        .n[0]
        .n[]
        .s.a
        .s[0]
        .s[]
        .l.a
        .l["a"]
        .o[0]
        .o[true]
        .b.a
        .b[]
        .b[0]
        .z[true]
        .z[]
        .l[{}]
        .o[{}]
        .n[1:2]
        .o[1:2]
        .n + .s
        .n - .s
        .s - .s
        .o - .o
        .n * .l
        .o * .n
        .l / .n
        .n / .s
        .n / 0
        .n % 0
        .n % .s
        0 / 0
        -.s
        -.z
        .n | keys
        .z | keys
        .s | keys
        .n | has(0)
        .o | has(0)
        .l | has("a")
        .z | has("a")
        .b | length
        .n | utf8bytelength
        .n | explode
        .s | implode
        .s | tonumber
        .o | tonumber
        .b | tonumber
        "" | tonumber
        "1 2" | tonumber
        "[1]" | tonumber
        "{a" | fromjson
        .n | fromjson
        .n | test("a")
        .s | test(1)
        .s | test("(")
        .s | test("a"; "q")
        .s | startswith(1)
        .n | startswith("a")
        .n | endswith("a")
        .n | split(",")
        .s | split(1)
        .n | ascii_downcase
        .n | ascii_upcase
        .o | sort
        .n | sort
        .o | sort_by(.a)
        .n | group_by(.a)
        .n | unique_by(.a)
        .n | min
        .o | max
        .n | flatten
        .l | flatten(-1)
        [1, "a"] | add
        .n | add
        .n | map(.)
        .l | contains(1)
        .s | contains(1)
        .o | contains([])
        .n | inside("a")
        .n | error
        .z | error
        .o | error
        ["a", {}] | join(",")
        ["a", "b"] | join(1)
        .n | join(",")
        .n | @csv
        [{}] | @csv
        [[1]] | @tsv
        .o | @sh
        [[1]] | @sh
        "!!" | @base64d
        "a" | @base64d
        .s | floor
        .z | sqrt
        pow("a"; 1)
        .n | to_entries
        [1] | from_entries
        .n | from_entries
        .n | with_entries(.)
        .n | transpose
        .o | setpath("a"; 1)
        .n | setpath(["a"]; 1)
        .l | setpath(["a"]; 1)
        .l | setpath([-2]; 1)
        .n | getpath(["a"])
        .n | delpaths([["a"]])
        .l | delpaths([["a"]])
        .o | delpaths([[0]])
        .o | delpaths(1)
        del(.n.a)
        .n.a = 1
        .l.a = 1
        .o[0] = 1
        .l[-2] = 1
        .l[0:1] = 1
        .s[0:1] = "x"
        (1, 2) = 3
        (.n + 1) = 3
        path(1)
        [path(.n + 1)]
        [path(.l | map(.))]
        {(.n): 2}
        {(.z): 2}
        . as [$a] | $a
        .l as {a: $x} | $x
        .n as [$a] | $a
        .n | range("a")
        range(.s)
        range(0; .s)
        nth(-1; 1, 2)
        .n | any
        .n | all
        .n | tojson | fromjson | .a
        "x" | mktime
        ["a"] | mktime
        [2024] | mktime
        "a" | gmtime
        "a" | strftime("%Y")
        .n | strptime("%Y")
        "a" | strptime("%Y")
        "x" | fromdate
        .o | todate
        .z | ltrimstr("a")
        .n | ltrimstr("a")
        .s | ltrimstr(1)
        .n | splits("a")
        .n | sub("a"; "b")
        .s | sub("x"; 1)
        .s | capture("(?<a>x)(?<b>y)?")
        .n | indices("a")
        .n | walk(if type == "number" then error("w") else . end)
        [1, [2]] | combinations
        error("\(.n) bad")
        [.l[], error("e")]
        {a: error("e")}
        try error("\(.s)") catch error("again")
        reduce error("r") as $x (0; 1)
        reduce (1, 2) as $x (0; error("u"))
        [limit(1; 1, error("late"))]
        [limit(2; 1, error("soon"))]
        first(1, error("late"))
        isempty(1, error("x"))
        [.l[] | if error("c") then 1 else 2 end]
        .n |= error("u")
        .n += error("v")
        any(.l[]; error("a"))
        all(empty; error("a"))
        "\(error("i"))"
        (error("a"), 1) // 2
        error("a") // 2
        (1, error("a")) // 2
        """#

    static let values = #"""
        < [3,1,2,null,"a",[1],{"a":1},true,false,1.5]
        length
        sort
        unique
        min, max
        reverse
        map(type)
        map(length?)
        map(tostring)
        map(tojson)
        map(tojson | fromjson)
        add?
        any, all
        keys
        to_entries
        map(arrays), map(objects), map(iterables), map(booleans), map(numbers), map(strings)
        map(nulls), map(values), map(scalars)
        first, last
        index(1), rindex(1), indices(1)
        index([1])
        indices([1, 2])
        contains([3]), contains([[]]), contains(["a"])
        inside([3, 1, 2, null, "a", [1], {"a": 1}, true, false, 1.5, 7])
        flatten
        has(0), has(9), has(10), has(-1)
        group_by(type)
        unique_by(type)
        sort_by(type)
        sort_by(type, tojson)
        min_by(type), max_by(type)
        map(select(numbers))
        [.[] | numbers] | sort_by(-.)
        [limit(3; .[])]
        [.[] | scalars] | map(not)
        .[[1]]
        [.[] | if . then 1 else 0 end] | add
        transpose?
        map(in([0, 1, 2])?)
        [.[:3], .[3:]]
        tojson
        tostring
        @json
        @text
        [paths] | length
        walk(if type == "number" then . + 1 else . end)
        any(. == "a"), all(. == "a")
        any(.[]; . == 3), all(.[]; . != 99)
        any(empty), all(empty)
        isempty(.[]), isempty(empty)
        from_entries?
        < [{"k":"b","n":2,"t":["x"]},{"k":"a","n":1,"t":[]},{"k":"b","n":1,"t":["y","z"]}]
        sort_by(.k)
        sort_by(.k, .n)
        sort_by(.n)
        group_by(.k)
        group_by(.k) | map({k: .[0].k, sum: map(.n) | add})
        unique_by(.k)
        unique_by(.n)
        min_by(.n), max_by(.n)
        map(.n) | add
        map(.t) | add
        map(.t[])
        map({(.k): .n}) | add
        map({key: .k, value: .n}) | from_entries
        map(select(.t | length > 0))
        map(has("k"))
        map(to_entries)
        map(with_entries(.value |= tostring))
        map(with_entries(select(.key != "t")))
        map(keys), map(keys_unsorted)
        map(del(.t))
        map(.n |= . + 1)
        map_values(.n)
        [.[] | .n] | sort
        [.[] | {k, first: .t[0]}]
        map(.t | join(","))
        [.[] | select(.n == 1) | .k]
        any(.[]; .n == 2)
        reduce .[] as $x ({}; .[$x.k] += $x.n)
        reduce .[] as $x ({}; .[$x.k] += [$x.n])
        [.[] | [.k, .n] | @csv]
        .[0] * .[1]
        .[0] + {z: 1}
        map(tojson) | join(" ")
        [..] | length
        [.[] | .t | length] | max
        [foreach .[] as {n: $n} (0; . + $n)]
        (map(.n) | add) / length
        [.[] as {k: $k, t: [$first]} | [$k, $first]]
        < {"b":2,"a":1,"c":{"z":null,"y":[]}}
        keys, keys_unsorted
        length
        to_entries
        with_entries(.key |= "x" + .)
        with_entries(select(.value != 1))
        map_values(type)
        map_values(empty)
        map(type)
        add?
        tojson
        has("a"), has("q")
        [.[] | type]
        contains({a: 1}), contains({c: {y: []}}), contains({a: 2})
        inside({"a":1,"b":2,"c":{"z":null,"y":[]},"d":0})
        del(.a, .c)
        del(.c.z)
        [paths]
        [leaf_paths]
        [paths(. == null)]
        walk(if type == "object" then del(.z) else . end)
        any, all
        to_entries | from_entries
        reduce to_entries[] as {$key, $value} ([]; . + [$key, $value])
        . == (tojson | fromjson)
        .. |= .
        [.. | scalars]
        flatten?
        < null
        [[1, 2], [3]] | transpose
        [] | transpose
        [[1, [2, [3]]]] | flatten, flatten(1), flatten(0)
        [[1, 2], [3, 4]] | [combinations]
        [] | [combinations]
        [[0, 1] | combinations(2)]
        [[], [1]] | [combinations]
        [] | add, any, all, min, max, first, last, sort, unique, reverse, length
        {} | add, any, all, length, keys, to_entries
        [1, 1.0, 1.5] | unique
        [{"a": 1}, {"a": 1, "b": 2}, {"b": 1}, {}] | sort
        [[2], [1, 2], [1], []] | sort
        ["b", "a", "B", "é", "aa", ""] | sort
        [true, false, null, 0, -1, "0", [], {}] | sort
        [{"name": "a", "value": 1}, {"k": "b", "v": 2}, {"key": "c"}] | from_entries
        [{"key": "a", "value": null}, {"key": "b", "value": false}] | from_entries
        [nan] | sort | length
        nan < nan, nan == nan, nan > nan, nan < 1, 1 < nan
        nan | isnan
        1 | isnan, isinfinite, isnormal
        infinite | isinfinite, isnormal
        0 | isnormal
        [infinite, -infinite, nan] | map(isinfinite)
        [1.5, -1.5, 2.5, -0.5] | map(floor), map(ceil), map(round), map(trunc), map(fabs)
        [4, 2.25, 0] | map(sqrt)
        pow(2; 10), pow(2; 0.5), pow(0; 0)
        [pow(2, 3; 1, 2)]
        1 | exp, log, exp2, exp10, sin, cos, atan
        8 | log2, cbrt, significand, logb
        100 | log10
        atan2(1; 2), fmin(1; 2), fmax(1; 2), fmod(7; 3)
        [-5, 0, 5] | map(length)
        [1, [2]] | getpath([1, 0])
        [3, [4]] | tojson | fromjson
        1 | tojson, tostring
        [1, 1.5, 1e10, 1e-5, 0.1, 100, 1e17, 123456789] | map(tostring)
        "1", "-1.5", "1e2", " 12 ", "0.10" | tonumber
        5 | tonumber
        "true", "null", "[1,2]", "{\"a\":[1]}", "\"x\"", "1.5" | fromjson
        not, (1 | not), (false | not)
        type
        [1, "1", null, [], {}, true] | map(type)
        now | type
        0 | todate
        1425599621 | todate
        1425599621 | gmtime
        1425599621 | gmtime | mktime
        1425599621 | gmtime | todate
        "2015-03-05T23:51:47Z" | fromdate, fromdateiso8601
        "2015-03-05T23:51:47Z" | strptime("%Y-%m-%dT%H:%M:%SZ")
        "2015-03-05T23:51:47Z" | strptime("%Y-%m-%dT%H:%M:%SZ") | mktime
        1425599621 | strftime("%A, %B %d, %Y")
        1425599621 | strftime("%Y %m %d %H %M %S %j %e %y %a %b %p %I %Z %u %w %%")
        1425599621 | strftime("%D %T %F %R %C %U %W %V %G")
        1425599621 | strftime("%c")
        -1 | todate
        951782400 | gmtime, todate
        [2024, 1, 29, 12, 30, 15, 4, 59] | mktime, todate
        [2015, 2, 5, 23, 51, 47, 4, 63] | strftime("%A")
        "10:20" | strptime("%H:%M") | .[3:5]
        "5 Mar 2015" | strptime("%d %b %Y") | mktime
        "Thu, 05 Mar 2015 23:51:47" | strptime("%a, %d %b %Y %T") | mktime
        1e12 | todate
        253402300799 | todate
        {"a": [1, {"b": 2}]} | [paths], [leaf_paths], [.. | numbers]
        {"a": 1} | has("a"), (keys | length)
        [1, [2, 3]] | [.. | numbers] | add
        [limit(5; range(100))]
        [limit(3; range(10) | select(. % 2 == 1))]
        [first(range(5; 10)), last(range(3)), nth(2; range(5))]
        [range(10)] | .[2:4] = ["x"] | length
        [range(10)] | .[2:4], .[:-7], .[-2:]
        [range(5)] | map(. * .) | add
        [range(3) as $x | range($x)]
        [range(5) | select(. % 2 == 0) | . * 10]
        reduce range(100) as $i (0; . + $i)
        [.[]?]
        [1, null, 2] | map(values)
        [[1, 2], [10, 20]] | map(add)
        {"a": {"b": {"c": 1}}} | [.. | .c?]
        {} | .a.b.c
        {} | .a += 1
        {} | .["x"] = 1
        null | .[2] = 1
        null | .a[1].b = 1
        [1, 2, 3] | to_entries | map(.key)
        [3, 1, 2] | sort | reverse
        [1, 2, 3, 4] | .[1:3] |= map(. * 10)
        [1, 2] | .[1] = empty
        [1, 2] | (.[0], .[1]) = (5, 6)
        [[1, 2], [3, 4]] | .[0][1], .[1][0]
        [[1, 2], [3, 4]] | .[][0]
        [[1, 2], [3, 4]] | .[0, 1][0, 1]
        [1, 2, 1, 2] | indices([1, 2]), index([1, 2]), rindex([1, 2])
        [1, 2, 1] | .[[1]]
        [] | .[[1]]
        """#
}
