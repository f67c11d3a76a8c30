/// Takes English words back to what they have in common: `optimizing`, `optimization` and
/// `optimize` are one. It is light: what it makes need not be a word, and it never looks at
/// meaning.
package enum Stemmer {
    /// The stem of a word in lower case.
    package static func stem(_ word: String) -> String {
        if let known = irregular[word] { return known }
        var letters = Array(word.utf8)
        guard letters.count > 3, letters.allSatisfy({ $0 >= 0x61 && $0 <= 0x7A }) else {
            return word
        }
        dropPlural(&letters)
        dropTense(&letters)
        dropSuffix(&letters)
        dropEnd(&letters)
        let stem = String(decoding: letters, as: UTF8.self)
        return irregular[stem] ?? stem
    }

    private static func has(_ letters: [UInt8], _ suffix: StaticString, leaving rest: Int) -> Bool {
        let count = suffix.utf8CodeUnitCount
        guard letters.count >= count + rest else { return false }
        // SAFETY: a static string's bytes live as long as the program.
        let start = unsafe suffix.utf8Start
        for i in 0..<count where unsafe letters[letters.count - count + i] != start[i] {
            return false
        }
        return true
    }

    private static func dropPlural(_ letters: inout [UInt8]) {
        if has(letters, "sses", leaving: 1) || has(letters, "xes", leaving: 1)
            || has(letters, "ches", leaving: 2) || has(letters, "shes", leaving: 2)
        {
            letters.removeLast(2)
        } else if has(letters, "ies", leaving: 2) {
            letters.removeLast(3)
            letters.append(0x79)
        } else if letters.last == 0x73, let before = letters.dropLast().last,
            before != 0x73, before != 0x75, before != 0x69
        {
            letters.removeLast()
        }
    }

    private static func dropTense(_ letters: inout [UInt8]) {
        let cut =
            has(letters, "ing", leaving: 3)
            ? 3
            : has(letters, "ied", leaving: 2)
                ? 2
                : has(letters, "ed", leaving: 3) ? 2 : 0
        guard cut > 0, letters.dropLast(cut).contains(where: isVowel) else { return }
        letters.removeLast(cut)
        let count = letters.count
        if count > 3, letters[count - 1] == letters[count - 2], !isVowel(letters[count - 1]),
            !"lsz".utf8.contains(letters[count - 1])
        {
            letters.removeLast()
        }
    }

    private static func isVowel(_ letter: UInt8) -> Bool { "aeiouy".utf8.contains(letter) }

    private static let suffixes: [(StaticString, Int)] = [
        ("ization", 3), ("isation", 3), ("ification", 2), ("ability", 3), ("ibility", 3),
        ("ational", 3), ("ation", 4), ("ator", 4), ("izer", 3), ("iser", 3), ("ize", 3),
        ("ise", 4), ("iz", 3), ("ify", 3), ("ative", 4), ("ate", 4), ("at", 5), ("ment", 3),
        ("ness", 3), ("fully", 3), ("ful", 3), ("less", 3), ("able", 4), ("ible", 4),
        ("ance", 4), ("ence", 4), ("ancy", 4), ("ency", 4), ("ant", 4), ("ical", 4),
        ("ally", 3), ("ity", 4), ("ive", 4), ("ous", 4), ("ure", 4), ("age", 4), ("al", 4),
        ("ic", 4), ("ly", 3), ("er", 4), ("or", 5),
    ]

    private static func dropSuffix(_ letters: inout [UInt8]) {
        if has(letters, "tion", leaving: 2) || has(letters, "sion", leaving: 3),
            !has(letters, "ation", leaving: 2)
        {
            letters.removeLast(3)
            return
        }
        for (suffix, rest) in suffixes where has(letters, suffix, leaving: rest) {
            letters.removeLast(suffix.utf8CodeUnitCount)
            return
        }
    }

    private static func dropEnd(_ letters: inout [UInt8]) {
        while letters.count > 3, let last = letters.last, "eiy".utf8.contains(last) {
            letters.removeLast()
        }
    }

    /// Words and stems whose forms no rule joins.
    private static let irregular: [String: String] = {
        let groups = [
            "run ran running runs", "notify notifies notified notifying notification notifications",
            "activity activities", "worker workers", "executor executors",
            "report reports reported reporting", "database databases db dbs", "table tables",
            "write wrote written writing", "break broke broken",
            "spend spent spending spends spend", "pay paid pays paying payment payments",
            "send sent sending", "build built", "lose lost losing loses loss losses",
            "grow grew grown growing growth grows", "rise rose risen rising", "fall fell fallen",
            "go went gone going goes", "see saw seen", "show shown showed showing shows",
            "analy analysis analyses analyze analyse analyzes analyzed analyzing analyzer "
                + "analytics analytic analys analyz analyt analysing analysed",
            "person people persons", "index indices indexes indexed indexing indexe",
            "slow slower slowest slowly slowness slowdown", "fast faster fastest",
            "cost costs costing costly", "use uses used using user users usage usages",
            "big bigger biggest", "bad badly worse worst",
            "fail failed failing fails failure "
                + "failures", "log logs logged logging logg", "plan plans planned planning",
            "server servers", "service services", "order orders ordered", "number numbers",
            "news new", "sum",
            "summary summaries summarize summarise summarized summarizing "
                + "summarization summar", "search searches searching searched",
            "research researches researching researched researcher", "data datas",
            "schema schemas schemata", "status statuses", "thing things", "this", "is", "was",
            "setup", "late later lateness", "pipeline pipelines",
            "replica replicas replicat "
                + "replication replicate replicated replicates replicating replic",
            "health healthy healthier unhealthy", "cheap cheaper cheapest", "everything",
            "table tables", "column columns", "alert alerts alerting alerted alarm alarms",
            "access accesses accessed accessing accessible",
            "config configs configuration "
                + "configurations configure configured configur", "store stored storing stores",
            "storage", "test tests tested testing", "best", "available availability avail",
            "unavailable unavailability unavail", "compliance compliant comply complies compl",
            "relation relations relationship relationships relate related relates relat",
            "valid validate validates validated validating validation validator validity",
            "invalid", "complete completeness completed completing completely",
            "sensitive sensitivity", "need needs needed", "past", "last",
            "sleep slept sleeping "
                + "sleeps", "block blocks blocked blocking blocker blockers",
            "expect expected expects expecting", "early earlier earliest", "day days daily",
            "week weeks weekly", "month months monthly", "hour hours hourly",
            "minute minutes", "second seconds", "year years yearly", "yesterday", "today",
        ]
        var known: [String: String] = [:]
        for group in groups {
            let words = group.split(separator: " ").map(String.init)
            for word in words { known[word] = words[0] }
        }
        return known
    }()
}
