/// What may stand at a place whose value goes to a worker as it is: the arguments of calls,
/// authentication policies, the attributes of events.
indirect enum Shape {
    case any
    /// Text, also where it looks like a number or a bool.
    case text
    /// A command of a shell: `${` in it is the shell's own.
    case command
    case flag
    case choice([String])
    case list(Shape)
    /// Names of the user's choice.
    case map(Shape)
    /// One expression, or names of the user's choice.
    case arguments(Shape)
    case duration
    /// Keys that are known. Of each group of `oneOf` exactly one key must be there.
    case object([Field], oneOf: [String])
    /// Keys that are known, and any others.
    case open([Field])
    /// A URI with or without `{name}` in it, an expression, or both with an authentication.
    case endpoint
    /// What lies elsewhere: `endpoint`, and its name.
    case resource
    case authentication
    /// An authentication policy as `use.authentications` has them.
    case policy

    struct Field {
        var key: String
        var shape: Shape
        var isRequired = false

        static func required(_ key: String, _ shape: Shape) -> Field {
            Field(key: key, shape: shape, isRequired: true)
        }

        static func optional(_ key: String, _ shape: Shape) -> Field {
            Field(key: key, shape: shape)
        }
    }

    static func object(_ fields: [Field]) -> Shape { .object(fields, oneOf: []) }
}

/// The arguments of the calls that the language defines.
extension Shape {
    static func arguments(of call: Call.ProtocolCall) -> Shape {
        switch call {
        case .http: http
        case .openapi: openapi
        case .a2a: a2a
        case .mcp: mcp
        }
    }

    private static var output: Shape { .choice(["raw", "content", "response"]) }

    private static var http: Shape {
        .object([
            .required("method", .text), .required("endpoint", .endpoint),
            .optional("headers", .arguments(.text)), .optional("body", .any),
            .optional("query", .arguments(.any)), .optional("output", output),
            .optional("redirect", .flag),
        ])
    }

    private static var openapi: Shape {
        .object([
            .required("document", .resource), .required("operationId", .text),
            .optional("parameters", .arguments(.any)),
            .optional("authentication", .authentication), .optional("output", output),
            .optional("redirect", .flag),
        ])
    }

    private static var a2a: Shape {
        .object([
            .optional("agentCard", .resource), .optional("server", .endpoint),
            .required(
                "method",
                .choice([
                    "message/send", "message/stream", "tasks/get", "tasks/list", "tasks/cancel",
                    "tasks/resubscribe", "tasks/pushNotificationConfig/set",
                    "tasks/pushNotificationConfig/get", "tasks/pushNotificationConfig/list",
                    "tasks/pushNotificationConfig/delete", "agent/getAuthenticatedExtendedCard",
                ])),
            .optional("parameters", .arguments(.any)),
        ])
    }

    private static var mcp: Shape {
        .object([
            .optional("protocolVersion", .text),
            .required(
                "method",
                .choice([
                    "tools/list", "tools/call", "prompts/list", "prompts/get", "resources/list",
                    "resources/read", "resources/templates/list",
                ])),
            .optional("parameters", .arguments(.any)), .optional("timeout", .duration),
            .required("transport", transport),
            .optional(
                "client", .object([.required("name", .text), .required("version", .text)])),
        ])
    }

    private static var transport: Shape {
        .object(
            [
                .optional(
                    "http",
                    .object([
                        .required("endpoint", .endpoint), .optional("headers", .map(.text)),
                    ])),
                .optional(
                    "stdio",
                    .object([
                        .required("command", .text), .optional("arguments", .list(.text)),
                        .optional("environment", .map(.text)),
                    ])),
                .optional("options", .map(.text)),
            ], oneOf: ["http", "stdio"])
    }

    static var shell: Shape {
        .object([
            .required("command", .command), .optional("stdin", .text),
            .optional("arguments", .list(.text)), .optional("environment", .arguments(.text)),
        ])
    }

    static var event: Shape {
        .open(
            [
                "id", "source", "type", "time", "subject", "datacontenttype", "dataschema",
            ].map { .optional($0, .text) })
    }
}

/// Authentication policies.
extension Shape {
    static let schemes = ["basic", "bearer", "digest", "oauth2", "oidc"]

    /// What stands under the name of a scheme, where it is not `use` with a secret.
    static func scheme(_ name: String) -> Shape {
        switch name {
        case "bearer": .object([.required("token", .text)])
        case "oauth2": .object(client + [.optional("endpoints", endpoints)])
        case "oidc": .object(client)
        default: .object([.required("username", .text), .required("password", .text)])
        }
    }

    private static var endpoints: Shape {
        .object(["token", "revocation", "introspection"].map { .optional($0, .text) })
    }

    private static var token: Shape {
        .object([.required("token", .text), .required("type", .text)])
    }

    private static var client: [Field] {
        [
            .required("authority", .text),
            .required(
                "grant",
                .choice([
                    "authorization_code", "client_credentials", "password", "refresh_token",
                    "urn:ietf:params:oauth:grant-type:token-exchange",
                ])),
            .optional(
                "client",
                .object([
                    .optional("id", .text), .optional("secret", .text),
                    .optional("assertion", .text),
                    .optional(
                        "authentication",
                        .choice([
                            "client_secret_basic", "client_secret_post", "client_secret_jwt",
                            "private_key_jwt", "none",
                        ])),
                ])),
            .optional(
                "request",
                .object([
                    .optional(
                        "encoding",
                        .choice(["application/x-www-form-urlencoded", "application/json"]))
                ])),
            .optional("issuers", .list(.text)), .optional("scopes", .list(.text)),
            .optional("audiences", .list(.text)), .optional("username", .text),
            .optional("password", .text), .optional("subject", token),
            .optional("actor", token),
        ]
    }
}
