/// Rules about names and about how a file begins.
let nameRules = [
    Rule("a type is named for what it does", in: ["Sources/", "Tests/"]) { file in
        declaredTypes(in: file).filter { type in
            House.emptyEndings.contains { type.text.hasSuffix($0) }
        }.map { ($0.line, "the name \($0.text) says nothing") }
    },
    Rule(
        "a file is named after its main type, or Type+Topic for an extension",
        except: House.families
    ) {
        file in
        guard file.isSwift, !file.isMain else { return [] }
        let name = file.name.dropLast(".swift".count)
        let type = name.split(separator: "+").first.map(String.init) ?? ""
        let isThere =
            name.contains("+")
            ? extendedTypes(in: file).contains(type)
            : declaredTypes(in: file).contains { $0.text == type }
        return isThere
            ? [] : [(1, "no type \(type) is \(name.contains("+") ? "extended" : "declared") here")]
    },
    Rule(
        "a file begins with what it owns, in a /// comment",
        in: ["Sources/", "Tests/TestKit/", "Tests/TidyTests/"]
    ) {
        file in
        guard file.isSwift, let line = firstDeclarationLine(in: file) else { return [] }
        let wanted = file.isMain ? "//" : "///"
        let begins = file.comments.contains { $0.line < line && $0.text.hasPrefix(wanted) }
        return begins ? [] : [(line, "nothing says what this file is for")]
    },
]

/// The types a file declares, at any depth.
func declaredTypes(in file: SourceFile) -> [Token] {
    file.positions(of: ["struct", "class", "enum", "actor", "protocol", "typealias"]).compactMap {
        index in
        let name = file.token(index + 1)
        // `class func` and `: class` declare no type, and neither does a label or member of these
        // names.
        guard name.kind == .word, !file.token(index - 1).isSign("."),
            name.text.first?.isUppercase == true
        else { return nil }
        return name
    }
}

private func extendedTypes(in file: SourceFile) -> [String] {
    file.positions(of: ["extension"]).flatMap { index in
        var names = [file.token(index + 1).text]
        var position = index + 2
        while file.token(position).isSign(".") {
            names.append(file.token(position + 1).text)
            position += 2
        }
        return names
    }
}

/// The line of the first thing a file declares after its imports.
private func firstDeclarationLine(in file: SourceFile) -> Int? {
    let imports = Set(file.positions(of: ["import"]).map { file.code[$0].line })
    let conditions = Set(file.code.filter { $0.isSign("#") && !$0.isAttached }.map(\.line))
    return file.code.first { !imports.contains($0.line) && !conditions.contains($0.line) }?.line
}
