import Testing

@testable import Flow

/// Semantic versions and URI templates.
@Suite struct DefinitionVersionTests {
    @Test("versions are ordered as semver.org orders them")
    func order() throws {
        let texts = [
            "0.9.9", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta.2",
            "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0", "1.0.1+build", "1.10.0", "2.0.0",
        ]
        let versions = texts.compactMap { SemanticVersion($0) }
        #expect(versions.count == texts.count)
        for (lower, higher) in zip(versions, versions.dropFirst()) {
            #expect(lower < higher)
            #expect(!(higher < lower))
        }
    }

    @Test(
        "what is no version is refused",
        arguments: [
            "", "1", "1.0", "1.0.0.0", "01.0.0", "1.0.0-", "1.0.0-01", "1.0.0+", "v1.0.0", "1.0.x",
            "1.0.-1", "1.0.0-a..b", "1.0.0-ä", "1..0", "99999999999999999999.0.0", "1.0.0+a+b",
        ])
    func none(text: String) {
        #expect(SemanticVersion(text) == nil)
    }

    @Test("a URI template is texts and names in turn")
    func template() throws {
        let uri = try UriTemplate("https://h/{a}/b{c.d}?e={f}")
        #expect(uri.text == "https://h/{a}/b{c.d}?e={f}")
        #expect(
            uri.parts.map { part in
                switch part {
                case .text(let text): text
                case .name(let name): "<\(name)>"
                }
            } == ["https://h/", "<a>", "/b", "<c.d>", "?e=", "<f>"])
        #expect(try UriTemplate("https://h/").isFixed)
    }

    @Test(
        "what no name can fill is no URI template",
        arguments: ["http://h/{", "http://h/}", "http://h/{}", "{?a}", "{a,b}", "{{a}}", "a b"])
    func refused(text: String) {
        #expect(throws: UriTemplate.Mistake.self) { try UriTemplate(text) }
    }
}
