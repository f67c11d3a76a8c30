/// Rules about words anywhere in a file. This folder holds the lists of them, so it is left alone.
let wordRules = [
    Rule(
        "nothing is left to be done later: no marks, no stand-ins",
        in: ["Sources/", "Tests/", "ops/", ".ci/", "proto/", "README.md"],
        except: ["Tests/TidyTests/", "Tests/Fuzz/"]
    ) { file in
        foundWhole(House.unfinishedMarks, in: file.lines)
            + found(House.unfinishedWords, in: lowered(file))
    },
    Rule(
        "the project speaks of itself alone: no outside tickets, no paths of somebody's machine",
        in: [
            "Package.swift", "Sources/", "Tests/", "ops/", ".ci/", "proto/", "compose/",
            "README.md",
        ],
        except: ["Tests/TidyTests/", "Tests/Fuzz/"]
    ) { file in
        found(House.outsideWords, in: lowered(file))
    },
]

private func lowered(_ file: SourceFile) -> [Substring] { file.lines.map { $0.lowercased()[...] } }

private func found(_ words: [String], in lines: [Substring]) -> [(line: Int, detail: String)] {
    lines.enumerated().flatMap { number, line in
        words.filter { line.contains($0) }.map { (number + 1, "\"\($0)\"") }
    }
}

/// Like `found`, but only where the word stands alone: `mkdtemp` wants six of a letter in a row.
private func foundWhole(_ words: [String], in lines: [Substring]) -> [(line: Int, detail: String)] {
    found(words, in: lines).filter { number, detail in
        let word = detail.dropFirst().dropLast()
        return lines[number - 1].split { !$0.isLetter && !$0.isNumber }.contains(word)
    }
}
