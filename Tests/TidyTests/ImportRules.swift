/// Rules about imports: the arrows between modules, one owner for each C library, no Foundation.
let importRules = [
    Rule("modules import only what lies below them; a new arrow is a line in House.arrows") {
        file in
        guard let module = file.module, module != "C" else { return [] }
        guard let allowed = House.arrows[module] else {
            return [(1, "the folder \(module) is in no arrow")]
        }
        return imports(in: file).filter { name in
            House.arrows[name.text] != nil && !allowed.contains(name.text)
        }.map { ($0.line, "\(module) imports \($0.text)") }
    },
    Rule("each C library is imported by the one module that owns it") { file in
        imports(in: file).filter { name in
            House.libraries[name.text].map { $0 != file.module } ?? false
        }.map { ($0.line, "\($0.text) belongs to \(House.libraries[$0.text] ?? "")") }
    },
    Rule(
        "no Foundation in Sources: Glibc and the standard library; FoundationEssentials at most, "
            + "and only after this rule was changed for it"
    ) { file in
        imports(in: file).filter { $0.text.hasPrefix("Foundation") || $0.text == "Dispatch" }.map {
            ($0.line, "import \($0.text)")
        }
    },
    Rule("nothing is imported that the house does not know") { file in
        imports(in: file).filter { name in
            House.arrows[name.text] == nil && House.libraries[name.text] == nil
                && !House.standardModules.contains(name.text) && !name.text.hasPrefix("Foundation")
        }.map { ($0.line, "import \($0.text)") }
    },
]

/// The modules a file imports: `import struct Wire.Envelope` imports Wire.
private func imports(in file: SourceFile) -> [Token] {
    let kinds: Set = ["struct", "class", "enum", "protocol", "func", "let", "var", "typealias"]
    return file.positions(of: ["import"]).compactMap { index in
        guard !file.token(index - 1).isSign("."), !file.token(index + 1).isSign(":") else {
            return nil
        }
        let next = file.token(index + 1)
        return kinds.contains(next.text) ? file.token(index + 2) : next
    }
}
