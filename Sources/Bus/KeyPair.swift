import CZeroMQ
import Document
package import Telemetry

/// A CURVE key pair with the name it goes by, in ZeroMQ's text form (Z85, 40 characters each).
package struct KeyPair: Codable, Sendable, Hashable {
    package let name: String
    package let `public`: String
    package let secret: String
    /// The public key of the orchestrators that this pair was made for: with it the file is all
    /// that somebody needs who connects.
    package let server: String?

    package init(name: String, public: String, secret: String, server: String? = nil) {
        self.name = name
        self.public = `public`
        self.secret = secret
        self.server = server
    }

    /// A new pair under this name, for orchestrators with that public key.
    package static func make(name: String, server: String? = nil) throws(Fault) -> KeyPair {
        var `public` = [CChar](repeating: 0, count: 41)
        var secret = [CChar](repeating: 0, count: 41)
        guard unsafe zmq_curve_keypair(&`public`, &secret) == 0 else {
            throw Fault(
                BusCode.keyRefused, "this libzmq was built without CURVE: install Debian's libzmq5")
        }
        return KeyPair(
            name: name, public: text(`public`), secret: text(secret), server: server)
    }

    /// A pair for one connection of somebody who has no key of their own.
    package static func isKey(_ text: String) -> Bool {
        text.utf8.count == 40 && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f }
    }

    private static func text(_ characters: [CChar]) -> String {
        String(decoding: characters.prefix(40).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
