/// Finds words and phrases in one text, which is split once.
struct KeywordFinder {
    private let wholeWords: Bool
    private let words: [String]
    private let bytes: [UInt8]

    init(_ text: String, wholeWords: Bool) {
        self.wholeWords = wholeWords
        words = KeywordFinder.split(text)
        bytes = Array(text.lowercased().utf8)
    }

    private static func split(_ text: String) -> [String] {
        text.lowercased().split { !$0.isLetter && !$0.isNumber }.map(String.init)
    }

    /// How long a phrase is: in words, or in bytes where those count.
    func length(_ phrase: String) -> Int {
        wholeWords ? KeywordFinder.split(phrase).count : phrase.utf8.count
    }

    /// Where a phrase stands first, at a place that will do.
    func place(of phrase: String, where isFree: (Range<Int>) -> Bool = { _ in true }) -> Range<Int>?
    {
        wholeWords ? wordPlace(phrase, isFree) : bytePlace(phrase, isFree)
    }

    private func wordPlace(_ phrase: String, _ isFree: (Range<Int>) -> Bool) -> Range<Int>? {
        let parts = KeywordFinder.split(phrase)
        guard !parts.isEmpty, parts.count <= words.count else { return nil }
        for start in 0...(words.count - parts.count) {
            let place = start..<start + parts.count
            let isThere = zip(words[place], parts).allSatisfy {
                KeywordFinder.isForm($0, of: $1)
            }
            if isThere, isFree(place) { return place }
        }
        return nil
    }

    private func bytePlace(_ phrase: String, _ isFree: (Range<Int>) -> Bool) -> Range<Int>? {
        let part = Array(phrase.lowercased().utf8)
        guard !part.isEmpty, part.count <= bytes.count else { return nil }
        for start in 0...(bytes.count - part.count) {
            let place = start..<start + part.count
            if bytes[place].elementsEqual(part), isFree(place) { return place }
        }
        return nil
    }

    /// Whether a word of a text is a keyword or one of its inflections: charts, notified, failing,
    /// planned, making.
    static func isForm(_ word: String, of keyword: String) -> Bool {
        if word == keyword { return true }
        guard keyword.utf8.count > 2 else { return word == keyword + "s" }
        let endings = ["s", "es", "ed", "d", "ing", "er", "ers"]
        if endings.contains(where: { word == keyword + $0 }) { return true }
        let stem = String(keyword.dropLast())
        switch keyword.last {
        case "e": return ["ing", "ed"].contains { word == stem + $0 }
        case "y": return ["ies", "ied"].contains { word == stem + $0 }
        case let last?: return ["ing", "ed"].contains { word == "\(keyword)\(last)\($0)" }
        case nil: return false
        }
    }
}
