/// Functions of texts, formats and regular expressions.
extension ExpressionCases {
    static let texts = #"""
        < "Hello, World 42"
        length, utf8bytelength
        ascii_downcase, ascii_upcase
        explode | implode
        explode
        split(", ")
        split("")
        split("zzz")
        split("l")
        split("[, ]+"; null)
        split("O"; "i")
        [splits("o")]
        [splits("[aeiou]"; "i")]
        startswith("Hell"), startswith("x"), startswith("")
        endswith("42"), endswith("x"), endswith("")
        ltrimstr("Hello"), ltrimstr("x"), rtrimstr("42"), rtrimstr("x")
        contains("World"), contains("world"), contains("")
        inside("Hello, World 42!")
        index("o"), rindex("o"), indices("o")
        index("zz"), rindex("zz"), indices("zz")
        indices("l"), indices("ll"), indices(", ")
        test("world"), test("World")
        test("world"; "i")
        test(["world", "i"])
        test("^Hello"), test("42$"), test("^42")
        test("h e l l o"; "xi")
        [match("o").offset]
        [match("o"; "g").offset]
        [match("(l+)o"; "g")]
        [match("(?<first>[A-Z])(?<rest>[a-z]+)"; "g")]
        [match("(x)?H"; "g")]
        [match(["o", "g"]) | .length]
        [match("nothing")]
        capture("(?<word>[a-z]+)")
        capture("(?<a>\\w+), (?<b>\\w+)")
        capture("(?<n>[0-9]+)(?<z>z)?")
        [capture("(?<c>[A-Z])"; "g")]
        [scan("[A-Z]")]
        [scan("([a-z])([a-z])")]
        [scan("o")]
        sub("World"; "There")
        sub("o"; "0")
        sub("(?<x>o)"; "[\(.x)]")
        sub("O"; "0"; "i")
        sub("O"; "0"; "gi")
        gsub("o"; "0")
        gsub("[aeiou]"; "")
        gsub("(?<l>[a-z])"; "\(.l)\(.l)")
        gsub("L"; "_"; "i")
        gsub("x"; "y")
        [gsub("o"; "0", "1")]
        [sub("l"; "a", "b")]
        gsub("(?<d>\\d)"; "<\(.d)>")
        gsub("\\s+"; " ")
        .[0:5], .[7:], .[-2:]
        . + "!" | length
        tojson, tostring
        tojson | fromjson
        @json, @text, @html, @uri, @base64, @sh
        @base64 | @base64d
        [., 1, null, true] | @csv, @tsv, @sh
        "x" * 3, "x" * 1
        . / ", "
        ascii_downcase | split(" ") | map(.[0:1]) | join("")
        split(" ") | map(length)
        split(" ") | reverse | join(" ")
        @html "<b>\(.)</b>"
        @uri "q=\(.)&x=1"
        @sh "echo \(.)"
        @json "v=\([., 1])"
        @csv "\([1, .])"
        @tsv "\([1, .])"
        @base64 "b:\(.)"
        @text "t:\(.)"
        @base64d "\("aGk=")"
        < "äöü €uro 😀 e\u0301"
        length, utf8bytelength
        explode
        explode | implode
        .[0:3], .[4:5], .[-1:]
        .[2:100]
        ascii_upcase
        @uri, @base64, @html
        @base64 | @base64d
        split(" ")
        split("")
        [match("€").offset]
        [match(".uro"; "g") | .offset, .length, .string]
        [match("(?<x>[äöü]+) (€)").captures[].offset]
        test("Ä"; "i")
        sub("€"; "E")
        gsub("[äöü]"; "v")
        contains("€")
        startswith("äö"), endswith("́")
        tojson
        [scan(".")] | length
        ltrimstr("äö"), rtrimstr("́")
        < null
        "a\tb\\\n\r" | @tsv "\([.])", ([., .] | @tsv), ([.] | @csv)
        "it's" | @sh
        ["a b", "c'd", 1, null, false] | @sh
        ["a\"b", "c,d", 1.5, null] | @csv
        "<&\">" | @html
        "a-_.~z AZ09/?=&" | @uri
        "", "f", "fo", "foo", "foob" | @base64
        "Zm8=", "Zm8", "Zg==", "" | @base64d
        [1, [2]] | @json, @text
        {"a": "x"} | @json, @text, @html, @uri, @base64
        "\u0000\u0001\u001f" | tojson
        "" | ascii_downcase, explode, split(","), @csv "\([.])", length
        [65, 66, 8364, 128512] | implode
        [] | implode
        ["a", "b", "c"] | join(", "), join("")
        [] | join(",")
        ["a"] | join(",")
        [1, null, "a", true, false] | join("-")
        "a,b" | split(",") | map(ascii_upcase)
        "test" | ltrimstr("te"), rtrimstr("st"), ltrimstr("test")
        "aXbXc" | split("X"), gsub("X"; "-"), [match("X"; "g").offset]
        "abab" | gsub("a"; "b"), sub("a"; "b"), indices("ab")
        "foo bar" | capture("(?<a>\\w+) (?<b>\\w+)") | .b + .a
        "2024-05-06" | capture("(?<y>\\d+)-(?<m>\\d+)-(?<d>\\d+)") | map_values(tonumber)
        "a.b.c" | split(".") | join("/")
        "aaa" | [match("a"; "g")] | length
        "aaa" | gsub("a"; "aa")
        "x=1;y=2" | split(";") | map(split("=") | {(.[0]): .[1]}) | add
        "A" | test("a"; "i"), test("a"; null)
        "line1\nline2" | [match("^l"; "g").offset], test("1$"), test("line.line"), split("\n")
        "abc" | [.[1:], .[:1], .[1:2], .[5:]]
        "abc" | test("B"; "ix"), test("a.c"), test("a\\.c")
        "ab" | test("(a)(b)(c)?"), [match("(a)(b)(c)?").captures | length]
        "foo" | sub("(?<x>o+)"; "\(.x | length)")
        "foo" | [scan("(o)(o)")], [scan("o")]
        "a1b22" | [scan("\\d+") | tonumber] | add
        "xyz" | sub("y"; ""), sub("^x"; ""), sub("z$"; "!")
        "a" | ascii_downcase == ascii_downcase
        "abc" < "abd", "é" > "z", "" < "a"
        "abc" | contains("bc"), inside("xabcx")
        [.] | tojson
        "\(1.0) \(1.5) \(1e3) \(100000000000) \(-0.0)"
        "x" as $x | "a\($x)b\($x)"
        "1,2;3,4" | split(";") | map(split(",") | map(tonumber))
        """#
}
