/// Where a Redis is, and as whom it is used: `unix:/path`, `unix:/path?db=1` or
/// `redis://[user[:password]@]host[:port][/db]`.
///
/// What it says about itself never holds the password.
package struct RedisEndpoint: Sendable, Hashable, CustomStringConvertible {
    package enum Place: Sendable, Hashable {
        case unix(String)
        case tcp(host: String, port: Int)
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

    /// The address without the password.
    package var description: String {
        let name = user.map { "\($0)@" } ?? ""
        switch place {
        case .unix(let path):
            return "unix:\(path)" + (database == 0 ? "" : "?db=\(database)")
        case .tcp(let host, let port):
            let host = host.contains(":") ? "[\(host)]" : host
            return "redis://\(name)\(host):\(port)" + (database == 0 ? "" : "/\(database)")
        }
    }
}

extension RedisEndpoint: CustomDebugStringConvertible, CustomReflectable {
    package var debugDescription: String { description }
    /// Without it a dump would show the password.
    package var customMirror: Mirror { Mirror(self, children: ["address": description]) }
}
