import WebClient
import WorkerKit

/// What is asked of an authority for a token of OAuth 2, and what its answer says. Pure.
struct TokenGrant: Hashable {
    struct Token: Hashable {
        var text: String
        var lifetime: Duration
    }

    private static let grants = ["client_credentials", "password"]
    private static let clients = [
        "client_secret_post", "client_secret_basic", "private_key_jwt", "none",
    ]

    /// Where the authority is, or where it tells where.
    let authority: String
    /// Whether it says by itself where its tokens are.
    let isDiscovered: Bool
    private let path: String
    private let isJSON: Bool
    private let members: [String: String]
    /// User and password, where they travel in a header.
    private let basic: String?

    init(_ object: ObjectValue, isDiscovered: Bool) throws(Problem) {
        self.isDiscovered = isDiscovered
        authority = try Authentication.text(object, "authority")
        path = object["endpoints"]?["token"]?.string ?? "/oauth2/token"
        let grant = try Self.choice(object["grant"], "grant", Self.grants, nil)
        let encodings = ["application/x-www-form-urlencoded", "application/json"]
        isJSON =
            try Self.choice(object["request"]?["encoding"], "encoding", encodings, encodings[0])
            == encodings[1]
        var members = ["grant_type": grant]
        func list(_ name: String) -> String? {
            let texts = (object[name]?.array ?? []).compactMap(\.string)
            return texts.isEmpty ? nil : texts.joined(separator: " ")
        }
        members["scope"] = list("scopes")
        members["audience"] = list("audiences")
        if grant == "password" {
            members["username"] = try Authentication.text(object, "username")
            members["password"] = try Authentication.text(object, "password")
        }
        let client = object["client"]?.object ?? ObjectValue()
        let id = client["id"]?.string
        let secret = client["secret"]?.string
        let method = try Self.choice(
            client["authentication"], "client.authentication", Self.clients, Self.clients[0])
        var basic: String?
        switch method {
        case "client_secret_basic":
            basic = Authentication.basic(
                Percent.encode(id ?? ""), Percent.encode(secret ?? ""))
        case "private_key_jwt":
            members["client_id"] = id
            members["client_assertion"] = try Authentication.text(client, "assertion")
            members["client_assertion_type"] =
                "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
        default:
            members["client_id"] = id
            if method != "none" { members["client_secret"] = secret }
        }
        (self.members, self.basic) = (members, basic)
    }

    private static func choice(
        _ value: Value?, _ name: String, _ choices: [String], _ fallback: String?
    ) throws(Problem) -> String {
        if value == nil, let fallback { return fallback }
        guard let word = value?.string, choices.contains(word) else {
            throw Authentication.misspelt(
                "\(name) is one of \(choices.joined(separator: ", "))")
        }
        return word
    }

    /// Where the authority tells about itself.
    var discovery: WebRequest {
        let tail = "/.well-known/openid-configuration"
        let isWhole = authority.contains("/.well-known/")
        return WebRequest("GET", isWhole ? authority : Self.joined(authority, tail))
    }

    /// - Parameter endpoint: where tokens are, if the authority has told.
    func request(endpoint: String?) -> WebRequest {
        let own = path.contains("://") ? path : Self.joined(authority, path)
        var request = WebRequest("POST", endpoint ?? own)
        request.headers.append("Accept", "application/json")
        if let basic { request.headers.append("Authorization", basic) }
        let sorted = members.sorted { $0.key < $1.key }
        if isJSON {
            request.headers.append("Content-Type", "application/json")
            request.body = JSON.write(
                .object(ObjectValue(sorted.map { ($0.key, .string($0.value)) })))
        } else {
            request.headers.append("Content-Type", "application/x-www-form-urlencoded")
            let pairs = sorted.map { "\(Percent.encode($0.key))=\(Percent.encode($0.value))" }
            request.body = Array(pairs.joined(separator: "&").utf8)
        }
        return request
    }

    private static func joined(_ base: String, _ path: String) -> String {
        (base.hasSuffix("/") ? String(base.dropLast()) : base)
            + (path.hasPrefix("/") ? path : "/\(path)")
    }

    static func token(_ response: WebResponse) throws(Problem) -> Token {
        let answer = try? JSON.parse(response.body)
        guard response.status == 200, let text = answer?["access_token"]?.string,
            text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f })
        else {
            let reason = answer?["error"]?.string ?? "status \(response.status)"
            throw Problem(
                .authentication, "No token was given", "\(response.url.shown): \(reason)")
        }
        let seconds = answer?["expires_in"]?.number ?? 60
        // A token that ends on its way is none.
        let lifetime = Duration.seconds(max(0, min(seconds, 86_400) * 0.9 - 5))
        return Token(text: text, lifetime: lifetime)
    }
}
