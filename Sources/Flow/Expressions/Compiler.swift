import Document
import Telemetry

/// Resolves the names of an expression: variables to a number of scopes, functions to their place
/// in a list. A scope here is exactly one link of the chain at run time.
struct Compiler {
    enum Scope {
        case variable(String)
        case parameter(String)
        /// A parameter `$name`, which is a variable and a function at once.
        case value(String)
    }

    struct Known {
        let name: String
        let parameters: [(name: String, isVariable: Bool)]
        let number: Int
        /// How many scopes there were where it was defined.
        let depth: Int
    }

    static let mostFunctions = 1000

    let allowed: Set<String>
    let stack = NativeStack()
    let lexer: ExpressionLexer
    var scopes: [Scope] = []
    var known: [Known] = []
    var bodies: [Code?] = []
    var globals: [String] = []
    /// Functions that were found to give more than one output; all others are believed to give one
    /// until their body says otherwise.
    var wide: Set<Int> = []
    /// The functions of the prelude that were named, by their text.
    var preludes: [String: Known] = [:]
    /// Whether what is compiled belongs to the prelude, which may name what others may not.
    var isPrelude = false

    /// Compiles until no function contradicts what was believed of it; soon all are believed wide.
    static func compile(
        _ syntax: Syntax, _ lexer: ExpressionLexer, variables: Set<String>
    ) throws(Fault) -> Program {
        var wide: Set<Int> = []
        for round in 0... {
            var compiler = Compiler(allowed: variables, lexer: lexer, wide: wide)
            let code = try compiler.compile(syntax)
            let found = compiler.bodies.indices.filter {
                !wide.contains($0) && compiler.bodies[$0]?.isNarrow != true
            }
            if found.isEmpty {
                let functions = compiler.bodies.map { Function(body: $0 ?? code) }
                return Program(code: code, functions: functions, globals: compiler.globals)
            }
            wide.formUnion(round < 3 ? found : Array(compiler.bodies.indices))
        }
        throw lexer.fault("the expression is too large", at: 0)
    }

    private init(allowed: Set<String>, lexer: ExpressionLexer, wide: Set<Int>) {
        self.allowed = allowed
        self.lexer = lexer
        self.wide = wide
    }

    mutating func compile(_ syntax: Syntax) throws(Fault) -> Code {
        guard !stack.isExhausted else {
            throw Fault(FlowCode.limit, "the expression is nested too deep")
        }
        switch syntax {
        case .identity: return Code(.identity, narrow: true)
        case .recurse: return Code(.form(.recurse, [Self.children]), narrow: false)
        case .literal(let value): return Code(.literal(value), narrow: true)
        case .variable(let name): return try variable(name)
        case .call(let name, let arguments): return try call(name, arguments)
        case .array(let inner):
            return Code(.array(try inner.map { s throws(Fault) in try compile(s) }), narrow: true)
        case .define(let definition, let rest): return try define(definition, rest)
        case .index, .slice, .iterate: return try access(syntax)
        case .object, .string, .format: return try construction(syntax)
        case .reduce, .foreach, .bind: return try binding(syntax)
        default: return try operation(syntax)
        }
    }

    /// `.[]?`, what `..` goes down by.
    private static let children = Code(
        .iterate(Code(.identity, narrow: true), isOptional: true), narrow: false)

    private mutating func variable(_ name: Syntax.Name) throws(Fault) -> Code {
        for (index, scope) in scopes.enumerated().reversed() {
            switch scope {
            case .variable(name.text), .value(name.text):
                return Code(.variable(scopes.count - 1 - index), narrow: true)
            default: continue
            }
        }
        if allowed.contains(name.text) {
            let place = globals.firstIndex(of: name.text) ?? globals.count
            if place == globals.count { globals.append(name.text) }
            return Code(.global(place), narrow: true)
        }
        throw unknownVariable(name)
    }

    private mutating func access(_ syntax: Syntax) throws(Fault) -> Code {
        switch syntax {
        case .index(let base, .literal(.string(let key)), let isOptional):
            let base = try compile(base)
            return Code(.field(base, key, isOptional: isOptional), narrow: base.isNarrow)
        case .index(let base, let key, let isOptional):
            let (base, key) = (try compile(base), try compile(key))
            return Code(
                .index(base, key, isOptional: isOptional), narrow: base.isNarrow && key.isNarrow)
        case .slice(let base, let from, let to, let isOptional):
            let base = try compile(base)
            let (from, to) = (
                try compile(from ?? .literal(.null)), try compile(to ?? .literal(.null))
            )
            return Code(
                .slice(base, from, to, isOptional: isOptional),
                narrow: base.isNarrow && from.isNarrow && to.isNarrow)
        case .iterate(let base, let isOptional):
            return Code(.iterate(try compile(base), isOptional: isOptional), narrow: false)
        default: return try operation(syntax)
        }
    }
}

/// An expression that is ready to be evaluated.
struct Program: Sendable {
    let code: Code
    let functions: [Function]
    /// The variables of the caller that it names.
    let globals: [String]
}
