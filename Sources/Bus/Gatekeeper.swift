import Synchronization
import Telemetry
import Wire

/// Who is let in: the allow list of keys, and what each may do. It touches no socket; the ZAP
/// handler asks it.
///
/// The list may be replaced while the bus is open. Connections that were let in stay.
package final class Gatekeeper: Sendable {
    private let identities: Mutex<[String: Identity]>
    private let isOpen: Bool
    private let user: UInt32

    /// - Parameters:
    ///   - allowed: identities by public key (Z85).
    ///   - isOpen: whether TCP peers without a key are let in; only ever on loopback.
    ///   - user: the user whose processes may come by the local socket.
    package init(allowed: [String: Identity], isOpen: Bool, user: UInt32) {
        identities = Mutex(allowed)
        self.isOpen = isOpen
        self.user = user
    }

    /// From now on these are let in, and nobody else.
    package func admit(_ allowed: [String: Identity]) { identities.withLock { $0 = allowed } }

    private func identity(of key: String) -> Identity? { identities.withLock { $0[key] } }

    /// The door a connection knocks at: ZAP calls it the domain.
    package enum Door: String, Sendable {
        case local, bus, tap
    }

    package enum Decision: Equatable, Sendable {
        case allow(Identity)
        case deny(String)
    }

    package enum Proof: Sendable {
        case nothing
        case key(String)
    }

    /// - Parameter address: for the local socket `host:uid:gid:pid`, as the kernel tells it.
    package func decide(_ proof: Proof, at door: Door, from address: String) -> Decision {
        switch (door, proof) {
        case (.local, .nothing): decideLocal(address)
        case (.tap, .key(let key)): decideTap(key)
        case (.bus, .key(let key)):
            identity(of: key).map(Decision.allow) ?? .deny("this key is not on the allow list")
        case (.bus, .nothing), (.tap, .nothing):
            isOpen ? .allow(.anonymous) : .deny("a key is needed here")
        case (.local, .key): .deny("the local socket takes no keys")
        }
    }

    private func decideLocal(_ address: String) -> Decision {
        let parts = address.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 4, let owner = UInt32(parts[1]), UInt32(parts[2]) != nil else {
            return .deny("the kernel does not say whose process this is")
        }
        return owner == user || owner == 0 ? .allow(.local) : .deny("another user's process")
    }

    private func decideTap(_ key: String) -> Decision {
        guard let identity = identity(of: key) else {
            return .deny("this key is not on the allow list")
        }
        return identity.role == .operator ? .allow(identity) : .deny("the tap is for operators")
    }

    /// The identity a connection was let in with, by the name ZAP gave it.
    func identity(named name: String) -> Identity? {
        switch name {
        case Identity.local.name: .local
        case Identity.anonymous.name where isOpen: .anonymous
        default: identities.withLock { $0.values.first { $0.name == name } }
        }
    }
}
