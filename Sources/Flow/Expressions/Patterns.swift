import CPCRE2
import Document

/// The regular expressions that one evaluation has met, compiled. How much matching may cost is
/// bounded: what takes long is tried again with more fuel, as long as there is any.
struct Patterns {
    private static let most = 32
    private static let longest = 10_000

    private var known: [(text: String, flags: String, pattern: Pattern)] = []

    mutating func pattern(
        _ text: String, _ flags: String, _ fuel: Fuel
    ) throws(Failure) -> Pattern {
        for entry in known
        where ValueOrder.compare(entry.text, text) == 0
            && ValueOrder.compare(entry.flags, flags) == 0
        {
            return entry.pattern
        }
        guard text.utf8.count <= Self.longest else {
            throw .limit("a regular expression has more than \(Self.longest) bytes")
        }
        try fuel.charge(steps: 100 + text.utf8.count * 2)
        let pattern = try Pattern(text, flags)
        if known.count == Self.most { known.removeFirst() }
        known.append((text, flags, pattern))
        return pattern
    }
}

/// One compiled regular expression.
@safe final class Pattern {
    private let code: OpaquePointer
    private let data: OpaquePointer
    private let context: OpaquePointer
    let isGlobal: Bool
    private let options: UInt32
    /// The name of each group, from the first on.
    private(set) var names: [String?] = []

    init(_ text: String, _ flags: String) throws(Failure) {
        var (compiling, matching, global) = (UInt32(PCRE2_UTF), UInt32(0), false)
        for flag in flags.utf8 {
            switch flag {
            case UInt8(ascii: "g"): global = true
            case UInt8(ascii: "i"): compiling |= UInt32(PCRE2_CASELESS)
            case UInt8(ascii: "x"): compiling |= UInt32(PCRE2_EXTENDED)
            // Lines do not end a text anyway.
            case UInt8(ascii: "s"): break
            case UInt8(ascii: "p"): compiling |= UInt32(PCRE2_DOTALL)
            case UInt8(ascii: "n"): matching |= UInt32(PCRE2_NOTEMPTY)
            case UInt8(ascii: "l"):
                throw Failure("the flag l, the longest match, is left out")
            default: throw Failure("\(flags) is not a valid modifier string")
            }
        }
        var (number, offset) = (Int32(0), 0)
        var copy = text
        let compiled = copy.withUTF8 { bytes in
            unsafe pcre2_compile_8(
                bytes.baseAddress, bytes.count, compiling, &number, &offset, nil)
        }
        guard let compiled = unsafe compiled else {
            throw Failure("\(Described.cut(text)) (at offset \(offset)) is not a valid regex")
        }
        guard let data = unsafe pcre2_match_data_create_from_pattern_8(compiled, nil),
            let context = unsafe pcre2_match_context_create_8(nil)
        else { throw .limit("no memory for a regular expression") }
        unsafe pcre2_set_heap_limit_8(context, 8192)
        unsafe (code, self.data, self.context) = (compiled, data, context)
        (isGlobal, options) = (global, matching)
        names = readNames()
    }

    deinit {
        unsafe pcre2_match_data_free_8(data)
        unsafe pcre2_match_context_free_8(context)
        unsafe pcre2_code_free_8(code)
    }

    /// Where the first match from an offset on is, and its groups; -1 for a group that has no part.
    func match(
        _ subject: [UInt8], from offset: Int, _ fuel: Fuel
    ) throws(Failure) -> [(start: Int, end: Int)]? {
        var limit = 1000
        while true {
            try fuel.charge(steps: limit / 8 + (subject.count - offset) / 256)
            unsafe pcre2_set_match_limit_8(context, UInt32(limit))
            let checked = offset == 0 && limit == 1000 ? 0 : UInt32(PCRE2_NO_UTF_CHECK)
            let result = unsafe subject.withUnsafeBufferPointer { bytes in
                unsafe pcre2_match_8(
                    code, bytes.baseAddress, bytes.count, offset, options | checked, data, context)
            }
            switch result {
            case PCRE2_ERROR_NOMATCH: return nil
            case PCRE2_ERROR_MATCHLIMIT where limit < 1 << 24: limit *= 4
            case ..<0: throw .limit("a regular expression takes too long for its text")
            default: return groups()
            }
        }
    }

    private func groups() -> [(start: Int, end: Int)] {
        let count = Int(unsafe pcre2_get_ovector_count_8(data))
        guard let ends = unsafe pcre2_get_ovector_pointer_8(data) else { return [] }
        // SAFETY: the list holds two numbers for each group.
        return (0..<count).map { group in
            let (start, end) = unsafe (ends[2 * group], ends[2 * group + 1])
            return start < 0 || start > end ? (-1, -1) : (start, end)
        }
    }

    /// Names stand in a table: two bytes of the group's number, then the name and a zero.
    private func readNames() -> [String?] {
        var (groups, count, size) = (UInt32(0), UInt32(0), UInt32(0))
        var table: UnsafePointer<UInt8>?
        unsafe pcre2_pattern_info_8(code, UInt32(PCRE2_INFO_CAPTURECOUNT), &groups)
        unsafe pcre2_pattern_info_8(code, UInt32(PCRE2_INFO_NAMECOUNT), &count)
        unsafe pcre2_pattern_info_8(code, UInt32(PCRE2_INFO_NAMEENTRYSIZE), &size)
        unsafe pcre2_pattern_info_8(code, UInt32(PCRE2_INFO_NAMETABLE), &table)
        var names = [String?](repeating: nil, count: Int(groups))
        guard let table = unsafe table else { return names }
        // SAFETY: the table has `count` entries of `size` bytes each.
        for entry in 0..<Int(count) {
            let start = unsafe table + entry * Int(size)
            let group = unsafe Int(start[0]) << 8 | Int(start[1])
            unsafe names[group - 1] = String(cString: start + 2)
        }
        return names
    }
}
