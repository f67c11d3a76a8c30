import TestKit

/// Makes expressions that mean something: it knows which type each part should have, so most of
/// what it makes reaches deep into the functions, and sometimes it gives a wrong type on purpose.
struct ExpressionGenerator {
    enum Kind: CaseIterable { case number, text, bool, array, object, any }

    private var random: SplitMix64
    private var variables: [String] = []

    init(seed: UInt64) { random = SplitMix64(seed: seed) }

    static let input = #"""
        {"n":7,"f":2.5,"s":"hello world","e":"","b":true,"z":null,"l":[3,1,2],"t":["b","a","c"],\#
        "o":{"x":1,"y":{"z":[1,null]}},"r":[{"k":"a","v":1},{"k":"b","v":2},{"k":"a","v":3}]}
        """#

    mutating func next() -> String {
        variables = []
        return make(Kind.allCases.randomElement(using: &random) ?? .any, 4)
    }

    private mutating func pick(_ choices: [String]) -> String {
        choices.randomElement(using: &random) ?? "."
    }

    private mutating func chance(_ percent: Int) -> Bool {
        Int.random(in: 0..<100, using: &random) < percent
    }

    /// One of a few functions of something of a kind.
    private mutating func piped(_ kind: Kind, _ depth: Int, _ choices: [String]) -> String {
        "(\(make(kind, depth)) | \(pick(choices)))"
    }

    private mutating func compared(_ kind: Kind, _ depth: Int) -> String {
        let left = make(kind, depth)
        let comparison = pick(["<", "<=", ">", ">=", "==", "!="])
        return "(\(left) \(comparison) \(make(kind, depth)))"
    }

    mutating func make(_ kind: Kind, _ depth: Int) -> String {
        if chance(3) { return leaf(.any) }
        guard depth > 0 else { return leaf(kind) }
        let depth = depth - 1
        switch kind {
        case .number: return number(depth)
        case .text: return text(depth)
        case .bool: return bool(depth)
        case .array: return array(depth)
        case .object: return object(depth)
        case .any: return any(depth)
        }
    }

    private mutating func leaf(_ kind: Kind) -> String {
        if !variables.isEmpty, chance(20) { return pick(variables) }
        switch kind {
        case .number: return pick(["$d.n", "$d.f", "0", "1", "2", "10", "-3", "0.5", "$d.l[0]"])
        case .text:
            return pick([
                "$d.s", "$d.e", "\"a\"", "\"b,c\"", "\"äö€\"", "\"12\"", "$d.t[0]", "\"l\"",
                "\" x \"",
            ])
        case .bool: return pick(["$d.b", "true", "false", "($d.n > 3)"])
        case .array: return pick(["$d.l", "$d.t", "$d.r", "[]", "[1,[2,[3]]]", "[null,1,\"a\"]"])
        case .object: return pick(["$d.o", "$d", "{}", "{a:1}", "$d.r[0]", "{a:{b:2},c:\"x\"}"])
        case .any:
            return pick(["$d.z", "$d.q", "null", "$d.n", "$d.s", "$d.l", "$d.o", "true", "[1]"])
        }
    }

    private mutating func number(_ depth: Int) -> String {
        switch Int.random(in: 0..<12, using: &random) {
        case 0: return "(\(make(.number, depth)) + \(make(.number, depth)))"
        case 1: return "(\(make(.number, depth)) - \(make(.number, depth)))"
        case 2: return "(\(make(.number, depth)) * \(make(.number, depth)))"
        case 3: return "(\(make(.number, depth)) / 4)"
        case 4: return "(\(make(.number, depth)) % 7)"
        case 5:
            return piped(.number, depth, ["floor", "fabs", "ceil", "round", "-."])
        case 6: return "(\(make(.any, depth)) | length)"
        case 7:
            let numbers = "\(make(.number, depth)), \(make(.number, depth))"
            return "([\(numbers)] | \(pick(["add", "min", "max"])))"
        case 8:
            return piped(.text, depth, ["length", "utf8bytelength", "[tonumber?][0]"])
        case 9: return "(reduce (\(make(.array, depth)) | .[] | numbers) as $x (0; . + $x))"
        case 10: return piped(.array, depth, ["index(1)", "rindex(1)"])
        default: return leaf(.number)
        }
    }

    private mutating func text(_ depth: Int) -> String {
        switch Int.random(in: 0..<12, using: &random) {
        case 0: return "(\(make(.text, depth)) + \(make(.text, depth)))"
        case 1:
            return piped(.any, depth, ["tostring", "tojson", "type", "@json", "@text"])
        case 2:
            return piped(
                .text, depth,
                [
                    "ascii_upcase", "ascii_downcase", "@base64", "explode | implode",
                    "ltrimstr(\"a\")", "rtrimstr(\"d\")",
                ])
        case 3: return "(\(make(.array, depth)) | map(tostring) | join(\(leaf(.text))))"
        case 4: return "\"x\\(\(make(.any, depth)))y\\(\(make(.number, depth)))\""
        case 5: return "(\(make(.text, depth)) | .[\(pick(["1:", ":2", "-2:", "1:3", ":-1"]))])"
        case 6: return "(\(make(.text, depth)) | sub(\(pattern()); \"<\\(.x? // \"-\")>\"))"
        case 7:
            let text = make(.text, depth)
            let by = pick(["\"_\"", "\"\"", "\"[\\(.x? // 0)]\""])
            return "(\(text) | gsub(\(pattern()); \(by)))"
        case 8: return "(\(make(.array, depth)) | map(scalars) | \(pick(["@csv", "@tsv", "@sh"])))"
        case 9: return "(\(make(.number, depth)) | floor | todate)"
        case 10: return "(\(make(.text, depth)) * \(pick(["2", "1", "0.5"])))"
        default: return leaf(.text)
        }
    }

    private mutating func pattern() -> String {
        pick([
            "\"l\"", "\"(?<x>[a-z])\"", "\"o|w\"", "\"[aeiou]+\"", "\"(?<x>l+)(?<y>o)?\"",
            "\"\\\\d+\"",
            "\"^h\"", "\"d$\"", "\" \"",
        ])
    }

    private mutating func bool(_ depth: Int) -> String {
        switch Int.random(in: 0..<9, using: &random) {
        case 0:
            let kind: Kind = pick(["number", "text"]) == "text" ? .text : .number
            return compared(kind, depth)
        case 1:
            return compared(.any, depth)
        case 2: return "(\(make(.bool, depth)) \(pick(["and", "or"])) \(make(.bool, depth)))"
        case 3: return "(\(make(.any, depth)) | not)"
        case 4:
            return piped(.array, depth, ["any", "all", "any(. != null)", "all(. == 1)"])
        case 5: return "(\(make(.text, depth)) | test(\(pattern())))"
        case 6:
            let text = make(.text, depth)
            let name = pick(["startswith", "endswith", "contains"])
            return "(\(text) | \(name)(\(leaf(.text))))"
        case 7: return "(\(make(.object, depth)) | has(\(pick(["\"x\"", "\"a\"", "\"q\""]))))"
        default: return leaf(.bool)
        }
    }

    private mutating func array(_ depth: Int) -> String {
        switch Int.random(in: 0..<16, using: &random) {
        case 0: return "[\(make(.any, depth)), \(make(.any, depth))]"
        case 1: return "(\(make(.array, depth)) | map(\(inner(depth))))"
        case 2:
            return piped(
                .array, depth,
                [
                    "sort", "unique", "reverse", "flatten", "keys", "to_entries", "map(type)",
                    "flatten(1)", "map(values)",
                ])
        case 3:
            let array = make(.array, depth)
            let name = pick(["sort_by", "group_by", "unique_by"])
            let key = pick([".", "type", "tojson", "length?", ".k?", "[.v?]"])
            return "(\(array) | \(name)(\(key)))"
        case 4: return "(\(make(.array, depth)) + \(make(.array, depth)))"
        case 5: return "(\(make(.array, depth)) - \(make(.array, depth)))"
        case 6: return "[\(make(.any, depth)) | .. ]"
        case 7: return "[\(make(.object, depth)) | paths]"
        case 8:
            return piped(
                .text, depth,
                [
                    "split(\"l\")", "explode", "[match(\"l\"; \"g\").offset]", "[scan(\"[a-z]\")]",
                    "split(\", *\"; null)",
                ])
        case 9: return "[limit(\(pick(["1", "2", "3"])); \(make(.array, depth))[])]"
        case 10: return "[range(\(pick(["3", "1; 4", "0; 10; 3", "5; 0; -2"])))]"
        case 11: return "[foreach (\(make(.array, depth)))[] as $x (0; . + 1; [$x, .])]"
        case 12: return "(\(make(.array, depth)) | .[\(pick(["1:", ":2", "-1:", "1:2", ":-1"]))])"
        case 13:
            return piped(.object, depth, ["keys", "to_entries", "[.[]]", "map(type)"])
        case 14: return "(\(make(.array, depth)) | \(change(depth)))"
        default: return leaf(.array)
        }
    }

    private mutating func inner(_ depth: Int) -> String {
        pick([
            ".", "tostring", "type", "[.]", "{a: .}", "select(. != null)", ". == 1", "length?",
            ".k?",
            "(numbers | . + 1)", "if . then 1 else 2 end", "., 1", "empty", "tojson", ".[0]?",
            "(\(leaf(.any)))", "try error([.]) catch \"c\"", "arrays, strings",
        ])
    }

    private mutating func change(_ depth: Int) -> String {
        pick([
            ".[0] = \(leaf(.any))", ".[0] |= [.]", ".[] |= [.]", "del(.[0])", "del(.[1:])",
            ".[2] = 1",
            "(.[] | numbers) |= . + 1", ".[:1] = [\(leaf(.any))]", ".[0] //= 5", "del(.[] | nulls)",
            "(first(.[])) = 0", "map_values([.])", "setpath([0]; 1)", "delpaths([[0]])",
        ])
    }

    private mutating func object(_ depth: Int) -> String {
        switch Int.random(in: 0..<12, using: &random) {
        case 0: return "{a: (\(make(.any, depth))), b: (\(make(.any, depth)))}"
        case 1: return "{(\(make(.text, depth)) | tostring): (\(make(.any, depth)))}"
        case 2: return "(\(make(.object, depth)) + \(make(.object, depth)))"
        case 3: return "(\(make(.object, depth)) * \(make(.object, depth)))"
        case 4:
            let object = make(.object, depth)
            let change = pick([
                ".", ".value |= [.]", "select(.value != null)", ".key |= . + \"x\"",
            ])
            return "(\(object) | objects | with_entries(\(change)))"
        case 5:
            return piped(
                .object, depth,
                [
                    "del(.x)", "del(.y.z[0])", "del(.a, .b)", ".x = \(leaf(.any))", ".a.b = 1",
                    ".q |= 1", ".y?.z? |= .", "map_values(type)",
                ])
        case 6: return "(\(make(.object, depth)) | objects | to_entries | from_entries)"
        case 7: return "(\(make(.object, depth)) | .a += \(leaf(.number)))"
        case 8: return "(\(make(.text, depth)) | capture(\(pattern())))"
        case 9: return "(reduce (\(make(.array, depth)))[] as $x ({}; .[$x | tostring] += 1))"
        case 10:
            return "(\(make(.object, depth)) | walk(if type == \"number\" then . + 1 else . end))"
        default: return leaf(.object)
        }
    }

    private mutating func any(_ depth: Int) -> String {
        switch Int.random(in: 0..<14, using: &random) {
        case 0: return make(.number, depth)
        case 1: return make(.text, depth)
        case 2: return make(.bool, depth)
        case 3: return make(.array, depth)
        case 4: return make(.object, depth)
        case 5: return "(\(make(.any, depth)) // \(make(.any, depth)))"
        case 6:
            return
                "(if \(make(.bool, depth)) then \(make(.any, depth)) else \(make(.any, depth)) end)"
        case 7: return "(\(make(.array, depth)) | .[\(pick(["0", "-1", "1", "9"]))])"
        case 8:
            return piped(
                .object, depth,
                [".x", ".a", ".y.z", "[.a.b?][0]", ".[\"x\"]", "[getpath([\"y\",\"z\"])?][0]"])
        case 9: return "(try ([\(make(.any, depth))] | error) catch .[0])"
        case 10:
            return piped(
                .array, depth,
                ["first", "last", "add?", "min", "max", "length", "min_by(tojson)", "max_by(type)"])
        case 11:
            let name = "$v\(variables.count)"
            let source = make(.any, depth)
            variables.append(name)
            defer { variables.removeLast() }
            return "(\(source) as \(name) | \(make(.any, depth)))"
        case 12: return "(\(make(.any, depth)), \(make(.any, depth)))"
        default: return leaf(.any)
        }
    }
}
