/// Finds words and phrases in one text, which is split once.
package struct KeywordFinder {
    /// What of a text has to be a phrase: whole words with their plain inflections, or any part.
    package enum Mode: String, Sendable {
        case word, substring
    }

    /// A phrase, split once for any number of texts.
    package struct Phrase: Sendable {
        let words: [String]
        let bytes: [UInt8]

        /// A `*` stands for up to six words.
        package init(_ text: String) {
            words = text.split(separator: " ").flatMap { part in
                part == "*" ? ["*"] : KeywordFinder.split(String(part))
            }
            bytes = Array(text.lowercased().utf8)
        }

        /// How long it is: in words, or in bytes where those count.
        package func length(_ mode: Mode) -> Int { mode == .word ? words.count : bytes.count }
    }

    private let mode: Mode
    let words: [String]
    private let bytes: [UInt8]

    package init(_ text: String, mode: Mode) {
        self.mode = mode
        let lower = text.lowercased()
        words = mode == .word ? KeywordFinder.split(lower) : []
        bytes = mode == .word ? [] : Array(lower.utf8)
    }

    static func split(_ text: String) -> [String] {
        text.lowercased().split { !$0.isLetter && !$0.isNumber }.map(String.init)
    }

    /// Where a phrase stands first, at a place that will do.
    package func place(
        of phrase: Phrase, where isFree: (Range<Int>) -> Bool = { _ in true }
    ) -> Range<Int>? {
        mode == .word ? wordPlace(phrase.words, isFree) : bytePlace(phrase.bytes, isFree)
    }

    private func wordPlace(_ parts: [String], _ isFree: (Range<Int>) -> Bool) -> Range<Int>? {
        guard !parts.isEmpty else { return nil }
        for start in words.indices {
            guard let end = end(of: parts[...], from: start) else { continue }
            let place = start..<end
            if isFree(place) { return place }
        }
        return nil
    }

    private static let widestGap = 6

    /// Where a phrase ends that begins at a word; nil where it is not there.
    private func end(of parts: ArraySlice<String>, from start: Int) -> Int? {
        guard let first = parts.first else { return start }
        let rest = parts.dropFirst()
        if first == "*" {
            for skipped in 0...KeywordFinder.widestGap {
                if let end = end(of: rest, from: start + skipped) { return end }
            }
            return nil
        }
        guard start < words.count, KeywordFinder.isForm(words[start], of: first) else { return nil }
        return end(of: rest, from: start + 1)
    }

    private func bytePlace(_ part: [UInt8], _ isFree: (Range<Int>) -> Bool) -> Range<Int>? {
        guard let first = part.first, part.count <= bytes.count else { return nil }
        for start in 0...(bytes.count - part.count) where bytes[start] == first {
            guard part.indices.allSatisfy({ bytes[start + $0] == part[$0] }) else { continue }
            let place = start..<start + part.count
            if isFree(place) { return place }
        }
        return nil
    }

    /// Whether a word of a text is a keyword or one of its inflections: charts, notified, failing,
    /// planned, making.
    package static func isForm(_ word: String, of keyword: String) -> Bool {
        if word == keyword { return true }
        guard word.utf8.first == keyword.utf8.first else { return false }
        return bases(of: word).contains { base in
            base.word == keyword && (keyword.utf8.count > 2 || base.ending == "s")
        }
    }

    /// The keywords a word may be an inflection of, by the ending it would have.
    static func bases(of word: String) -> [(word: String, ending: String)] {
        var bases: [(word: String, ending: String)] = []
        for ending in ["s", "es", "ed", "d", "ing", "er", "ers"] where word.hasSuffix(ending) {
            let base = String(word.dropLast(ending.count))
            guard !base.isEmpty else { continue }
            bases.append((base, ending))
            guard ending == "ing" || ending == "ed" else { continue }
            bases.append((base + "e", ending))
            if base.utf8.count > 2, base.last == base.dropLast().last {
                bases.append((String(base.dropLast()), ending))
            }
        }
        for ending in ["ies", "ied"] where word.hasSuffix(ending) {
            bases.append((String(word.dropLast(3)) + "y", ending))
        }
        return bases
    }
}
