import Testing

/// One rule of the house: a sentence people can follow, and a scan that finds where it is broken.
struct Rule: Sendable, CustomTestStringConvertible {
    struct Violation: Hashable, CustomStringConvertible {
        let path: String
        let line: Int
        let detail: String

        var description: String { "\(path):\(line): \(detail)" }
    }

    let sentence: String
    /// The folders and files it holds in, and those it leaves alone.
    let places: [String]
    let exceptions: [String]
    private let scan: @Sendable (SourceFile) -> [(line: Int, detail: String)]

    init(
        _ sentence: String, in places: [String] = ["Sources/"], except exceptions: [String] = [],
        scan: @escaping @Sendable (SourceFile) -> [(line: Int, detail: String)]
    ) {
        self.sentence = sentence
        self.places = places
        self.exceptions = exceptions
        self.scan = scan
    }

    var testDescription: String { sentence }

    func violations(in file: SourceFile) -> [Violation] {
        guard file.isIn(places), !file.isIn(exceptions) else { return [] }
        return scan(file).map { Violation(path: file.path, line: $0.line, detail: $0.detail) }
    }

    /// Every rule that looks at one file at a time.
    static let all = lengthRules + constructRules + nameRules + importRules + wordRules
}
