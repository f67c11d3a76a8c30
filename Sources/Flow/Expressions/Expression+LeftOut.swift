/// What jq has and expressions have not, in one place: each is refused when an expression that
/// names it is compiled. The words `label`, `break`, `import`, `include` and the sign `?//` are
/// refused by the parser.
extension Expression {
    package static let leftOut: [(reason: String, names: [String])] = [
        (
            "an expression sees its input and its variables alone",
            [
                "input", "inputs", "input_filename", "input_line_number", "env", "$ENV",
                "$__loc__", "$__prog_args", "get_search_list", "get_prog_origin",
                "get_jq_origin", "modulemeta", "builtins",
            ]
        ),
        (
            "an expression has no effect but its outputs",
            ["debug", "stderr", "halt", "halt_error"]
        ),
        (
            "times are UTC: use gmtime, strftime, and numbers of seconds",
            ["localtime", "strflocaltime", "dateadd", "datesub"]
        ),
        (
            "use group_by, map, any and reduce",
            ["INDEX", "GROUP_BY", "UNIQUE_BY", "IN", "JOIN"]
        ),
        (
            "values are at hand as a whole, so nothing is streamed",
            ["tostream", "fromstream", "truncate_stream", "getstream"]
        ),
        (
            "only common functions on numbers are there",
            [
                "gamma", "lgamma", "tgamma", "lgamma_r", "frexp", "modf", "ldexp", "scalb",
                "scalbln", "nearbyint", "rint", "nexttoward", "nextafter", "log1p", "expm1", "erf",
                "erfc", "j0", "j1", "jn", "y0", "y1", "yn", "fma", "fdim", "drem", "remainder",
                "copysign", "cosh", "sinh", "tanh", "acosh", "asinh", "atanh", "pow10",
                "have_decnum", "have_literal_numbers",
            ]
        ),
        (
            "it is hardly used",
            [
                "bsearch", "isvalid", "recurse_down", "scalars_or_empty", "skip", "trimstr",
                "@base32", "@base32d", "label", "break", "import", "include", "?//",
            ]
        ),
    ]

    static func reasonLeftOut(_ name: String) -> String? {
        leftOut.first { $0.names.contains(name) }?.reason
    }
}
