import Telemetry

/// Functions of the language that are written in it. Each is read when an expression first names
/// it.
enum Prelude {
    static func source(_ signature: String) -> String? { sources[signature] }

    static var signatures: [String] { Array(sources.keys) }

    private static let sources: [String: String] = [
        "map_values/1": "def map_values(f): .[] |= f;",
        "del/1": "def del(f): delpaths([path(f)]);",
        "with_entries/1": "def with_entries(f): to_entries | map(f) | from_entries;",
        "range/1": "def range($n): range(0; $n);",
        "recurse/0": "def recurse: ..;",
        "values/0": "def values: select(. != null);",
        "nulls/0": "def nulls: select(. == null);",
        "booleans/0": "def booleans: select(type == \"boolean\");",
        "numbers/0": "def numbers: select(type == \"number\");",
        "strings/0": "def strings: select(type == \"string\");",
        "arrays/0": "def arrays: select(type == \"array\");",
        "objects/0": "def objects: select(type == \"object\");",
        "iterables/0": "def iterables: select(type | . == \"array\" or . == \"object\");",
        "scalars/0": "def scalars: select(type | . != \"array\" and . != \"object\");",
        "finites/0": "def finites: select(isfinite);",
        "normals/0": "def normals: select(isnormal);",
        "isfinite/0": "def isfinite: type == \"number\" and (isinfinite | not);",
        "paths/0": "def paths: path(..) | select(length > 0);",
        "paths/1":
            "def paths(f): . as $all | paths | select(. as $path | $all | getpath($path) | f);",
        "leaf_paths/0": "def leaf_paths: paths(scalars);",
        "pick/1":
            "def pick(f): . as $all | reduce path(f) as $p (null; "
            + "setpath($p; $all | getpath($p)));",
        "any/1": "def any(f): any(.[]; f);",
        "all/1": "def all(f): all(.[]; f);",
        "in/1": "def in(f): . as $key | f | has($key);",
        "inside/1": "def inside(f): . as $part | f | contains($part);",
        "first/0": "def first: .[0];",
        "last/0": "def last: .[-1];",
        "nth/1": "def nth($n): .[$n];",
        "nth/2":
            "def nth($n; f): if $n < 0 then error(\"nth doesn't support negative indices\") "
            + "else last(limit($n + 1; f)) end;",
        "walk/1":
            "def walk(f): def w: (if type == \"object\" then map_values(w) "
            + "elif type == \"array\" then map(w) else . end) | f; w;",
        "combinations/0":
            "def combinations: if length == 0 then [] else "
            + ".[0][] as $x | (.[1:] | combinations) as $rest | [$x] + $rest end;",
        "combinations/1":
            "def combinations(n): . as $all | [range(n) | $all] | combinations;",
        "match/1": "def match($re): _matches($re; null)[];",
        "match/2": "def match($re; $flags): _matches($re; $flags)[];",
        "capture/1": "def capture($re): match($re) | _captured;",
        "capture/2": "def capture($re; $flags): match($re; $flags) | _captured;",
        "_captured/0":
            "def _captured: reduce (.captures[] | select(.name != null)) as $c "
            + "({}; .[$c.name] = $c.string);",
        "scan/1": "def scan($re): scan($re; null);",
        "scan/2":
            "def scan($re; $flags): match($re; \"g\" + $flags) | if (.captures | length) > 0 "
            + "then [.captures[].string] else .string end;",
        "splits/1": "def splits($re): split($re; null)[];",
        "splits/2": "def splits($re; $flags): split($re; $flags)[];",
        "todate/0": "def todate: strftime(\"%Y-%m-%dT%H:%M:%SZ\");",
        "fromdate/0": "def fromdate: strptime(\"%Y-%m-%dT%H:%M:%SZ\") | mktime;",
        "date/0": "def date: todate;",
        "todateiso8601/0": "def todateiso8601: todate;",
        "fromdateiso8601/0": "def fromdateiso8601: fromdate;",
    ]
}
