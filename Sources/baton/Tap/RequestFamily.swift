import Wire

/// Which messages belong to some requests and to the requests that agents made while they worked
/// for them. Pure.
///
/// A task names its request and a dispatch; what the agent asks for from within it carries the same
/// dispatch. So a family grows only by what was seen. It keeps at most `Limits.members`, and
/// forgets the eldest.
struct RequestFamily: Sendable {
    private enum Limits {
        static let members = 10_000
    }

    fileprivate struct Work: Hashable {
        let orchestrator: String
        let dispatch: UInt64
    }

    private var members: Set<String>
    private var order: [String] = []
    private var work: [Work: String] = [:]

    /// - Parameter roots: ids of requests; they are never forgotten.
    init(_ roots: some Sequence<String> = []) { members = Set(roots) }

    mutating func add(_ request: String) {
        guard !request.isEmpty, members.insert(request).inserted else { return }
        order.append(request)
        guard order.count > Limits.members else { return }
        let old = Set(order.prefix(Limits.members / 2))
        order.removeFirst(Limits.members / 2)
        members.subtract(old)
        work = work.filter { !old.contains($0.value) }
    }

    func contains(_ request: String) -> Bool { members.contains(request) }

    /// Whether the message belongs to the family; learns from it who else does.
    mutating func takes(_ message: TapMessage) -> Bool {
        let request = message.subject
        guard !request.isEmpty else { return false }
        if message.type.isCall, !members.contains(request), parent(of: message) != nil {
            add(request)
        }
        guard members.contains(request) else { return false }
        if message.type == .task, message.envelope.dispatch != 0 {
            work[Work(message)] = request
        }
        return true
    }

    /// The request for which somebody works who now asks for this.
    private func parent(of message: TapMessage) -> String? {
        message.envelope.dispatch == 0 ? nil : work[Work(message)]
    }
}

extension RequestFamily.Work {
    fileprivate init(_ message: TapMessage) {
        self.init(orchestrator: message.orchestrator, dispatch: message.envelope.dispatch)
    }
}
