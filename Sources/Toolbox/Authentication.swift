import WebClient
import WorkerKit

/// How a call says who it is, as a workflow writes it; references are resolved by then. Pure.
enum Authentication {
    case basic(user: String, password: String)
    case bearer(token: String)
    case digest(user: String, password: String)
    /// A token that somebody else gives out.
    case token(TokenGrant)

    private static let schemes = ["basic", "bearer", "digest", "oauth2", "oidc"]

    /// nil where none is wanted.
    init?(_ value: Value?) throws(Problem) {
        guard let value, !value.isNull else { return nil }
        guard let object = value.object else { throw Self.misspelt("it is an object") }
        let present = Self.schemes.filter { object[$0] != nil }
        guard present.count == 1, let scheme = present.first, let member = object[scheme]?.object
        else {
            let names = Self.schemes.joined(separator: ", ")
            let hint =
                object["use"] == nil ? "" : "; there is no authentication of that name"
            throw Self.misspelt("it has one of \(names)\(hint)")
        }
        switch scheme {
        case "basic":
            self = .basic(
                user: try Self.text(member, "username"), password: try Self.text(member, "password")
            )
        case "bearer": self = .bearer(token: try Self.text(member, "token"))
        case "digest":
            self = .digest(
                user: try Self.text(member, "username"), password: try Self.text(member, "password")
            )
        default: self = .token(try TokenGrant(member, isDiscovered: scheme == "oidc"))
        }
    }

    static func text(_ object: ObjectValue, _ name: String) throws(Problem) -> String {
        guard let text = object[name]?.string else { throw misspelt("\(name) is a text") }
        guard text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f }) else {
            throw misspelt("\(name) has a control character in it")
        }
        return text
    }

    static func misspelt(_ detail: String) -> Problem {
        Problem(.validation, "The authentication is no good", detail)
    }

    /// Puts the scheme into a request; a token is fetched by whoever can.
    func apply(to request: inout WebRequest, token: String?) {
        switch self {
        case .basic(let user, let password):
            request.headers.set("Authorization", Self.basic(user, password))
        case .bearer(let token): request.headers.set("Authorization", "Bearer \(token)")
        case .digest(let user, let password):
            request.credentials = .digest(user: user, password: password)
        case .token: request.headers.set("Authorization", "Bearer \(token ?? "")")
        }
    }

    static func basic(_ user: String, _ password: String) -> String {
        "Basic \(Base64.encode(Array("\(user):\(password)".utf8)))"
    }
}
