/// What is known of English beside the agents' own words: which words often stand for each other,
/// and which say nothing about whom to ask. It is read once from two short texts.
package struct Lexicon: Sendable {
    package static let english = Lexicon(
        synonyms: Lexicon.text(PackageResources.synonyms_txt),
        plain: Lexicon.text(PackageResources.plain_txt))

    /// The groups a stem, or several with spaces between, stands in.
    private var groups: [String: [Int]] = [:]
    private var members: [[String]] = []
    private var functionWords: Set<String> = []
    private var askingWords: Set<String> = []
    private var verbs: Set<String> = []
    private var entities: Set<String> = []
    /// How many words the longest phrase of a group has.
    let longestPhrase: Int

    init(synonyms: String, plain: String) {
        var longest = 1
        for line in Lexicon.lines(synonyms) {
            let stems = line.split(separator: ",").map { Lexicon.stems(String($0)) }
            longest = max(longest, stems.map(\.count).max() ?? 1)
            let group = Array(Set(stems.map { $0.joined(separator: " ") }))
            for member in group { groups[member, default: []].append(members.count) }
            members.append(group)
        }
        longestPhrase = longest
        for line in Lexicon.lines(plain) {
            let parts = line.split(separator: ":")
            guard parts.count == 2 else { continue }
            let words = Set(parts[1].split(separator: " ").map { Stemmer.stem(String($0)) })
            switch parts[0] {
            case "function": functionWords = words
            case "asking": askingWords = words
            case "verbs": verbs = words
            default: entities = words
            }
        }
    }

    private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    private static func lines(_ text: String) -> [Substring] {
        text.split(separator: "\n").filter { !$0.hasPrefix("#") }
    }

    private static func stems(_ text: String) -> [String] {
        text.split(separator: " ").map { Stemmer.stem($0.lowercased()) }
    }

    /// Whether a stem is a mere function word.
    package func isFunction(_ stem: String) -> Bool { functionWords.contains(stem) }

    /// Whether a stem is one of those that people ask with: show, give, tell.
    package func isAsking(_ stem: String) -> Bool { askingWords.contains(stem) }

    /// Whether a stem is a verb that often follows what it is said of: gave, sent, has.
    func isVerb(_ stem: String) -> Bool { verbs.contains(stem) }

    /// Whether a stem is a thing of business after which tables and the like are often called.
    func isEntity(_ stem: String) -> Bool { entities.contains(stem) }

    /// The groups that a stem or a phrase of stems stands in.
    func groups(of stem: String) -> [Int] { groups[stem] ?? [] }

    var groupCount: Int { members.count }

    func members(of group: Int) -> [String] { members[group] }

    func knows(_ stem: String) -> Bool {
        groups[stem] != nil || functionWords.contains(stem) || askingWords.contains(stem)
    }
}
