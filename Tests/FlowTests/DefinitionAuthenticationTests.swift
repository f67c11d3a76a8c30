import Document
import Testing

@testable import Flow

/// Authentication of calls.
@Suite struct DefinitionAuthenticationTests {
    private static let top = """
        use:
          secrets: [vault]
          authentications:
            shop: {bearer: {token: '${ .token }'}}
        """

    private static let oauth2 =
        "{oauth2: {authority: 'http://h', grant: client_credentials, client: {id: a, secret: b, "
        + "authentication: none}, endpoints: {token: /t}, scopes: [a], audiences: [b], "
        + "issuers: [c], request: {encoding: application/json}, subject: {token: t, type: u}}}"

    private func policy(_ text: String) throws -> Template? {
        let task = try WorkflowText.task(
            "call: http\nwith: {method: get, endpoint: {uri: 'http://h/{x}', "
                + "authentication: \(text)}}",
            top: Self.top)
        guard case .call(.protocol(.http, let with)) = task.action else { return nil }
        #expect(with["endpoint"]?["uri"]?.uriNames == ["x"])
        return with["endpoint"]?["authentication"]
    }

    @Test("a policy that is used by name is put where it is used")
    func named() throws {
        #expect(try policy("{use: shop}")?["bearer"]?["token"]?.expression == " .token ")
    }

    @Test(
        "policies of all schemes are read, with what they need or with a secret",
        arguments: [
            "{basic: {username: a, password: 123}}", "{digest: {username: a, password: b}}",
            "{bearer: {token: t}}", oauth2,
            "{oidc: {authority: 'http://h', grant: password, username: a, password: b}}",
        ] + Shape.schemes.map { "{\($0): {use: vault}}" })
    func schemes(text: String) throws {
        let policy = try #require(try policy(text))
        if text.contains("vault") {
            #expect(policy.constant?.object?.first?.value == ["use": "vault"])
        }
    }

    @Test(
        "policies that are none are refused",
        arguments: [
            ("{use: shpo}", "did you mean shop?"), ("{basic: {use: valt}}", "did you mean vault?"),
            ("{}", "basic, bearer"), ("{bearer: {token: a}, basic: {use: vault}}", "one of"),
            ("{baerer: {token: a}}", "did you mean bearer?"), ("{bearer: {}}", "token"),
            ("{oauth2: {grant: password, authority: a, client: {authentication: x}}}", "none"),
            ("shop", "use.authentications"),
        ])
    func refused(text: String, word: String) {
        let problems = WorkflowText.problems(
            tasks: "  - a: {call: http, with: {method: get, endpoint: {uri: 'http://h', "
                + "authentication: \(text)}}}", top: Self.top)
        #expect(problems.count == 1)
        #expect(problems.allSatisfy { $0.contains(word) }, "\(problems)")
    }
}
