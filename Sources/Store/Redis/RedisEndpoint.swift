/// Where a Redis is, and as whom it is used: `unix:/path`, `unix:/path?db=1`,
/// `redis://[user[:password]@]host[:port][/db]`, or those who know it:
/// `sentinel://[user[:password]@]host[:port],host[:port]…/mastername[/db]`.
///
/// What it says about itself never holds the password.
package struct RedisEndpoint: Sendable, Hashable, CustomStringConvertible {
    package enum Place: Sendable, Hashable {
        case unix(String)
        case tcp(host: String, port: Int)
        /// Wherever these Sentinels say that the master of the name is.
        case sentinels([Host], master: String)
    }

    /// An address in the network; a host among Sentinels is a number, never a name.
    package struct Host: Sendable, Hashable, CustomStringConvertible {
        package var name: String
        package var port: Int

        package init(_ name: String, _ port: Int) { (self.name, self.port) = (name, port) }

        package var description: String {
            name.contains(":") ? "[\(name)]:\(port)" : "\(name):\(port)"
        }

        /// Whether it needs no looking up, which could hold up the loop.
        var isNumeric: Bool {
            if name.contains(":") {
                return name.utf8.allSatisfy { "0123456789abcdefABCDEF:.".utf8.contains($0) }
            }
            let parts = name.split(separator: ".", omittingEmptySubsequences: false)
            return parts.count == 4 && parts.allSatisfy { UInt8($0) != nil }
        }
    }

    package var place: Place
    package var user: String?
    package var password: String?
    package var database: Int

    package init(_ place: Place, user: String? = nil, password: String? = nil, database: Int = 0) {
        self.place = place
        self.user = user
        self.password = password
        self.database = database
    }

    /// A path longer than this does not fit into a socket's address.
    static let longestPath = 107
    static let standardPort = 6379
    static let sentinelPort = 26_379
    /// Nobody runs more; each that is silent costs a moment.
    static let mostSentinels = 16

    /// The address without the password.
    package var description: String {
        let name = user.map { "\($0)@" } ?? ""
        switch place {
        case .unix(let path):
            return "unix:\(path)" + (database == 0 ? "" : "?db=\(database)")
        case .tcp(let host, let port):
            let host = host.contains(":") ? "[\(host)]" : host
            return "redis://\(name)\(host):\(port)" + (database == 0 ? "" : "/\(database)")
        case .sentinels(let hosts, let master):
            let list = hosts.map(\.description).joined(separator: ",")
            return "sentinel://\(name)\(list)/\(master)" + (database == 0 ? "" : "/\(database)")
        }
    }
}

extension RedisEndpoint: CustomDebugStringConvertible, CustomReflectable {
    package var debugDescription: String { description }
    /// Without it a dump would show the password.
    package var customMirror: Mirror { Mirror(self, children: ["address": description]) }
}
