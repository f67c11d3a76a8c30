import Document
import Reactor
import Telemetry
package import Wire

/// The links of a client: carries out what each one's machine decides, and meets orchestrators that
/// others tell of.
extension BusClient {
    func tick() {
        for entry in entries {
            handle(.tick, entry)
            if entry.nextLookup <= loop.now { lookUp(entry) }
        }
        setTimer()
    }

    func setTimer() {
        let next = entries.map { min($0.link.nextLook, $0.nextLookup) }.min() ?? .distantFuture
        timer?.reset(at: next)
    }

    func handle(_ event: Link.Event, _ entry: LinkEntry) {
        let actions = entry.link.handle(event, at: loop.now)
        if case .disconnected = event { lookAgainLater(entry) }
        guard !actions.isEmpty else { return }
        for action in actions { perform(action, entry) }
        setTimer()
    }

    private func perform(_ action: Link.Action, _ entry: LinkEntry) {
        switch action {
        case .open: if !lookUp(entry) { open(entry) }
        case .close:
            entry.nextLookup = .distantFuture
            entry.broadcasts.take()?.close()
            entry.channel.take()?.close(linger: 0)
        case .sendHello: sayHello(entry)
        case .sendPing: _ = send(to: entry.id) { $0.begin(.ping) }
        case .up(let welcome):
            do {
                try listen(entry, welcome)
            } catch {
                // Without a descriptor for it this is half a link: later, with both.
                return handle(.broken, entry)
            }
            live.append(entry.id)
            retireTwins(of: entry)
            meet(welcome.orchestrators, by: entry)
            handler.up(entry.id, welcome)
        case .down:
            live.removeAll { $0 == entry.id }
            entry.assembler = PartAssembler()
            entry.broadcasts.take()?.close()
            handler.down(entry.id)
        case .giveUp(let fault): handler.failed(entry.id, fault)
        }
    }

    func open(_ entry: LinkEntry) {
        opened += 1
        do {
            let stirred = { [unowned self] in isStirred = true }
            entry.channel =
                try dial?(entry.endpoint, routingID, stirred)
                ?? LinkSocket(
                    entry.reached, routingID: routingID, key: key,
                    name: "\(ObjectIdentifier(self).hashValue)-\(opened)", context: context,
                    loop: loop, stirred: stirred)
        } catch {
            let fault =
                error as? Fault ?? Fault(BusCode.socket, "a link cannot be opened", cause: error)
            handler.failed(entry.id, fault)
        }
    }

    private func sayHello(_ entry: LinkEntry) {
        entry.channel?.refresh()
        writer.clear()
        writer.begin(.hello)
        writer.text(.messageID, Self.helloID)
        let content = ContentBytes(handler.hello(entry.id))
        let sent = unsafe writer.bytes.withUnsafeBytes {
            unsafe send($0, content, to: entry.id)
        }
        if !sent { handle(.broken, entry) }
    }

    /// Two addresses may lead to one orchestrator, which knows one connection for a name: the
    /// newest. Another process of that name is no twin as long as it is there, or as somebody said
    /// that one is to be looked for at its address.
    private func retireTwins(of entry: LinkEntry) {
        for other in entries
        where other !== entry && other.orchestrator == entry.orchestrator
            && (other.epoch == entry.epoch || other.isLearned && !other.link.isUp)
        {
            handle(.retired, other)
        }
    }

    /// Opens links to orchestrators that one of them told of and that are not known yet.
    package func meet(_ addresses: [OrchestratorAddress], by link: LinkID) {
        meet(addresses, by: entries[link.number])
    }

    private func meet(_ addresses: [OrchestratorAddress], by entry: LinkEntry) {
        guard limits.meetsOthers else { return }
        for address in addresses where address.name != ownName {
            if let known = entries.first(where: { $0.isAbout(address) }) {
                // One that had left for good is back.
                if known.isGone { handle(.opened, known) }
                known.isGone = false
                continue
            }
            guard entries.count < Limits.numbers,
                entries.count(where: { !$0.link.isOver }) < Limits.links,
                let endpoint = address.endpoint(seenFrom: entry.endpoint)
            else { continue }
            let new = add(endpoint)
            new.orchestrator = address.name
            new.isLearned = true
            handle(.opened, new)
        }
    }

    /// Ends the links to orchestrators that left for good, unless this process was told by its
    /// owner to look for them.
    package func dismiss(_ names: [String]) {
        for entry in entries where entry.isLearned && !entry.link.isOver {
            guard let name = entry.orchestrator, names.contains(name) else { continue }
            entry.isGone = true
            handle(.retired, entry)
        }
    }

    @discardableResult
    func add(_ endpoint: ClientEndpoint) -> LinkEntry {
        let entry = LinkEntry(LinkID(number: entries.count), endpoint, Link(limits))
        entries.append(entry)
        return entry
    }
}
