import Document
import Telemetry

/// Functions: those of the expression, those that are built in, and those that are not there.
extension Compiler {
    mutating func call(_ name: Syntax.Name, _ arguments: [Syntax]) throws(Fault) -> Code {
        if arguments.isEmpty, let parameter = parameter(name.text) { return parameter }
        if let function = known.last(where: {
            $0.name == name.text && $0.parameters.count == arguments.count
        }) {
            return try call(function, arguments)
        }
        let signature = "\(name.text)/\(arguments.count)"
        if let plain = Plain.named[signature],
            name.text.utf8.first != UInt8(ascii: "_") || isPrelude
        {
            let codes = try compile(all: arguments)
            return Code(.plain(plain, codes), narrow: codes.allSatisfy(\.isNarrow))
        }
        if let form = Form.named[signature] {
            let codes = try compile(all: arguments)
            return Code(.form(form, codes), narrow: form.isNarrow(codes))
        }
        if let text = Prelude.source(signature),
            name.text.utf8.first != UInt8(ascii: "_") || isPrelude
        {
            return try call(try prelude(text), arguments)
        }
        throw unknownFunction(name, arguments.count)
    }

    /// The parameter of this name, unless a function hides it.
    private func parameter(_ name: String) -> Code? {
        let function = known.last { $0.name == name && $0.parameters.isEmpty }
        for (index, scope) in scopes.enumerated().reversed() {
            let hops = scopes.count - 1 - index
            switch scope {
            case .parameter(name):
                return function.map { $0.depth > index } == true
                    ? nil : Code(.parameter(hops), narrow: false)
            case .value(name):
                return function.map { $0.depth > index } == true
                    ? nil : Code(.variable(hops), narrow: true)
            default: continue
            }
        }
        return nil
    }

    private mutating func compile(all arguments: [Syntax]) throws(Fault) -> [Code] {
        var codes: [Code] = []
        for argument in arguments { codes.append(try compile(argument)) }
        return codes
    }

    private mutating func call(
        _ function: Known, _ arguments: [Syntax]
    ) throws(Fault) -> Code {
        var compiled: [Code.Argument] = []
        var narrow = !wide.contains(function.number)
        for (argument, parameter) in zip(arguments, function.parameters) {
            let code = try compile(argument)
            compiled.append(parameter.isVariable ? .value(code) : .closure(code))
            if parameter.isVariable { narrow = narrow && code.isNarrow }
        }
        return Code(
            .call(function.number, scopes.count - function.depth, compiled), narrow: narrow)
    }

    /// Compiles the body within its parameters and the rest with the function known.
    mutating func define(
        _ definition: Syntax.Definition, _ rest: Syntax
    ) throws(Fault) -> Code {
        let count = known.count
        defer { known.removeSubrange(count...) }
        try add(definition)
        return try compile(rest)
    }

    @discardableResult
    private mutating func add(_ definition: Syntax.Definition) throws(Fault) -> Known {
        guard bodies.count < Self.mostFunctions else {
            throw lexer.fault("more than \(Self.mostFunctions) functions", at: 0)
        }
        let function = Known(
            name: definition.name, parameters: definition.parameters, number: bodies.count,
            depth: scopes.count)
        bodies.append(nil)
        known.append(function)
        let (count, functions) = (scopes.count, known.count)
        for parameter in definition.parameters {
            scopes.append(
                parameter.isVariable ? .value(parameter.name) : .parameter(parameter.name))
        }
        bodies[function.number] = try compile(definition.body)
        scopes.removeSubrange(count...)
        known.removeSubrange(functions...)
        return function
    }

    /// A function of the prelude, compiled at the outermost scope, once.
    private mutating func prelude(_ text: String) throws(Fault) -> Known {
        if let number = preludes[text] { return number }
        guard case .define(let definition, _) = try ExpressionParser.parse(text + ".") else {
            throw lexer.fault("a built-in function is broken: \(text)", at: 0)
        }
        let saved = (scopes, known, isPrelude)
        (scopes, known, isPrelude) = ([], [], true)
        defer { (scopes, known, isPrelude) = saved }
        preludes[text] = Known(
            name: definition.name, parameters: definition.parameters, number: bodies.count,
            depth: 0)
        return try add(definition)
    }

    mutating func format(_ name: Syntax.Name) throws(Fault) -> Format {
        if let format = Format(rawValue: name.text) { return format }
        if let reason = Expression.reasonLeftOut("@\(name.text)") {
            throw lexer.fault("@\(name.text) is left out: \(reason)", at: name.place)
        }
        let near = Suggestion.question(
            for: name.text, in: Format.allCases.map(\.rawValue))
        throw lexer.fault("there is no format @\(name.text)\(near)", at: name.place)
    }

    func unknownVariable(_ name: Syntax.Name) -> Fault {
        if let reason = Expression.reasonLeftOut("$\(name.text)") {
            return lexer.fault("$\(name.text) is left out: \(reason)", at: name.place)
        }
        var names = allowed.sorted()
        for case .variable(let variable) in scopes.reversed() { names.append(variable) }
        let near = Suggestion.question(for: name.text, in: names)
        return lexer.fault("there is no variable $\(name.text) here\(near)", at: name.place)
    }

    private func unknownFunction(_ name: Syntax.Name, _ count: Int) -> Fault {
        if let reason = Expression.reasonLeftOut(name.text) {
            return lexer.fault("\(name.text) is left out: \(reason)", at: name.place)
        }
        let signatures =
            known.map { "\($0.name)/\($0.parameters.count)" } + Plain.named.keys + Form.named.keys
            + Prelude.signatures
        let own = signatures.filter { Texts.hasPrefix($0, name.text + "/") }.sorted()
        guard own.isEmpty else {
            let counts = own.map { Texts.withoutPrefix($0, name.text.utf8.count + 1) }
            return lexer.fault(
                "\(name.text) takes \(counts.joined(separator: " or ")) arguments, not \(count)",
                at: name.place)
        }
        let names = Set(signatures.map { String($0.prefix { $0 != "/" }) })
        let near = Suggestion.question(
            for: name.text, in: names.filter { !$0.hasPrefix("_") }.sorted())
        return lexer.fault("there is no function \(name.text)\(near)", at: name.place)
    }
}
