import Document

/// Evaluates a program for one input. A node that gives at most one output is a plain call; any
/// other hands each output to a callback, which says whether it wants more, so nothing is computed
/// that nobody takes.
final class Machine {
    typealias Emit = (Item, Trail) throws(Failure) -> Bool
    typealias Take = (Item) throws(Failure) -> Bool

    let program: Program
    let globals: [Value]
    let now: Double
    let fuel: Fuel
    var patterns = Patterns()

    init(_ program: Program, _ scope: Expression.Scope) {
        self.program = program
        globals = program.globals.map { scope.variables[$0] ?? .null }
        now = scope.now
        fuel = Fuel(scope.budget)
    }

    /// A value that was made, no deeper than any may be.
    func made(_ value: Value, depth: Int32) throws(Failure) -> Item {
        let item = Item(value, depth: depth)
        fuel.hasMade = true
        guard item.depth > Item.deepest else { return item }
        let measured = try Item.measure(value, fuel)
        guard measured <= Item.deepest else {
            throw .limit("a value is nested deeper than \(Item.deepest) levels")
        }
        return Item(value, depth: measured)
    }

    /// The one output of a narrow node, or nothing. What comes last in a node is a turn of the
    /// loop, so a function that ends by calling itself needs no stack.
    func one(_ code: Code, _ item: Item, _ env: Environment?) throws(Failure) -> Item? {
        try fuel.enter()
        defer { fuel.leave() }
        var (code, item, env) = (code, item, env)
        while true {
            switch code.operation {
            case .identity: return item
            case .literal(let value): return Item(value, depth: Item.deepestInput)
            case .global(let place):
                return Item(globals[place], depth: Item.deepestInput)
            case .variable(let hops): return try variable(hops, env)
            case .pipe(let first, let rest):
                guard let next = try one(first, item, env) else { return nil }
                (item, code) = (next, rest)
            case .condition(let condition, let then, let otherwise):
                guard let answer = try one(condition, item, env) else { return nil }
                code = answer.value.isTrue ? then : otherwise
            case .bind(let source, _, let body):
                guard let bound = try one(source, item, env) else { return nil }
                (env, code) = (try extended(env, .value(bound)), body)
            case .call(let number, let hops, let arguments):
                guard let inner = try entered(hops, arguments, item, env) else { return nil }
                (env, code) = (inner.env, program.functions[number].body)
            case .form(.select, let arguments):
                guard let answer = try one(arguments[0], item, env) else { return nil }
                return answer.value.isTrue ? item : nil
            default: return try single(code, item, env)
            }
            try fuel.step()
        }
    }

    func variable(_ hops: Int, _ env: Environment?) throws(Failure) -> Item {
        guard case .value(let item)? = ancestor(env, hops)?.entry else {
            throw Failure("a variable is not bound")
        }
        return item
    }

    @inline(__always)
    func ancestor(_ env: Environment?, _ hops: Int) -> Environment? {
        var env = env
        for _ in 0..<hops { env = env?.parent }
        return env
    }

    func extended(
        _ env: Environment?, _ entry: Environment.Entry
    ) throws(Failure) -> Environment {
        let link = Environment(entry, env)
        if link.length > Environment.longest {
            throw .limit("the expression's functions hold on to too much")
        }
        return link
    }

    /// The environment of a function whose arguments give one output each.
    private func entered(
        _ hops: Int, _ arguments: [Code.Argument], _ item: Item, _ env: Environment?
    ) throws(Failure) -> (env: Environment?, Void)? {
        var inner = ancestor(env, hops)
        for argument in arguments {
            switch argument {
            case .closure(let code): inner = try extended(inner, .closure(code, env))
            case .value(let code):
                guard let value = try one(code, item, env) else { return nil }
                inner = try extended(inner, .value(value))
            }
        }
        return (inner, ())
    }
}
