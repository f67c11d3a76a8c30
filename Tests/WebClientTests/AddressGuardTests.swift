import Telemetry
import Testing

@testable import WebClient

/// What may be asked, as a table: no network is touched.
@Suite("The address guard") struct AddressGuardTests {
    /// What the guard says about a URL whose name stands for these addresses; nil: it may be asked.
    private func verdict(
        _ url: String, names: [String] = [], _ rules: AddressGuard = AddressGuard()
    ) -> WebCode? {
        do throws(Fault) {
            let place = rules.place(for: try WebURL(url))
            try rules.check(place)
            let own = WebAddress(place.host).map { [$0] }
            try rules.check(own ?? names.compactMap(WebAddress.init), of: place)
            return nil
        } catch {
            return error.code as? WebCode
        }
    }

    @Test(
        "B69 refuses every spelling of an inner address",
        arguments: [
            "http://127.0.0.1/", "http://127.1/", "http://127.1", "http://0x7f000001/",
            "http://2130706433/", "http://0177.0.0.1/", "http://0x7f.1/", "http://127.0.0.1./",
            "http://0/", "http://0.0.0.0/", "http://[::]/", "http://[::1]/",
            "http://[::ffff:127.0.0.1]/", "http://[::ffff:7f00:1]/",
            "http://[::ffff:169.254.169.254]/", "http://169.254.169.254/latest/meta-data/",
            "http://10.0.0.1/", "http://172.31.255.255/", "http://192.168.1.1/",
            "http://100.64.0.1/", "http://100.100.100.200/", "http://168.63.129.16/",
            "http://[fd00:ec2::254]/", "http://[fe80::1]/", "http://[fec0::1]/",
            "http://[64:ff9b::7f00:1]/", "http://[64:ff9b::a9fe:a9fe]/",
            "http://[64:ff9b:1::a00:1]/", "http://[2002:7f00:1::]/", "http://[2001::1]/",
            "http://[::127.0.0.1]/", "http://224.0.0.1/", "http://[ff02::1]/",
            "http://255.255.255.255/", "http://240.0.0.1/", "http://198.18.0.1/",
            "http://192.0.2.1/", "http://[2001:db8::1]/", "http://[100::1]/",
            "http://[4000::1]/",
        ])
    func inner(url: String) {
        #expect(verdict(url) == .refused)
    }

    @Test(
        "B69 refuses other schemes, names and passwords, and ports that are not the web's",
        arguments: [
            ("file:///etc/passwd", WebCode.refused), ("gopher://1.1.1.1/_x", .refused),
            ("ftp://1.1.1.1/", .refused), ("dict://1.1.1.1:11211/", .refused),
            ("javascript:alert(1)", .refused), ("http://user@1.1.1.1/", .refused),
            ("http://1.1.1.1@127.0.0.1/", .refused), ("http://user:pw@1.1.1.1/", .refused),
            ("http://1.1.1.1:22/", .refused), ("http://1.1.1.1:6379/", .refused),
            ("http://1.1.1.1:0/", .invalid), ("http://1.1.1.1:65536/", .invalid),
            ("http://1.1.1.1:+80/", .invalid), ("http:/1.1.1.1/", .invalid),
            ("http://1.1.1.1\\@127.0.0.1/", .invalid), ("http://1.1.1.1\t/", .invalid),
            ("http://1.1.1.1/\r\nHost: x", .invalid), ("http://1.1.1.1\0.example.com/", .invalid),
            ("http:///path", .invalid), ("//1.1.1.1/", .invalid), ("", .invalid),
            ("http://[::1%25eth0]/", .invalid), ("http://[1.1.1.1]/", .invalid),
            ("http://①②⑦.⓪.⓪.①/", .invalid), ("http://1.1.1.1%2f@x/", .refused),
            ("http://%31%32%37.0.0.1/", .invalid), ("http://a..b/", .invalid),
            ("http://ex ample.com/", .invalid), ("http://[::1/", .invalid),
        ])
    func spelling(url: String, code: WebCode) {
        #expect(verdict(url, names: ["1.1.1.1"]) == code)
    }

    @Test(
        "B69 refuses a name if one of its addresses is an inner one",
        arguments: [["10.0.0.1"], ["1.1.1.1", "127.0.0.1"], ["::1"], ["::ffff:10.0.0.1"]])
    func names(addresses: [String]) {
        #expect(verdict("http://example.com/", names: addresses) == .refused)
        #expect(verdict("http://localhost/", names: addresses) == .refused)
    }

    @Test("a name without an address is no refusal but a failure")
    func unknown() {
        #expect(verdict("http://example.com/", names: []) == .communication)
    }

    @Test(
        "lets the public web pass",
        arguments: [
            "http://example.com/", "https://example.com", "https://EXAMPLE.com./a?b=c#d",
            "http://1.1.1.1/", "https://[2606:4700::1111]/", "http://[::ffff:1.1.1.1]/",
            "http://[64:ff9b::101:101]/", "http://xn--bcher-kva.example/", "http://a_b.example/",
        ])
    func open(url: String) {
        #expect(verdict(url, names: ["1.1.1.1", "2606:4700::1111"]) == nil)
    }

    @Test("B69 opens exactly what the operator allows")
    func allowed() throws {
        let rules = AddressGuard(allowed: [
            try AllowRule("127.0.0.1:8080"), try AllowRule("intranet.example:8000-8010"),
            try AllowRule("10.1.0.0/16"), try AllowRule("[fd00::]/8:9000"),
            try AllowRule("public.example:*"),
        ])
        #expect(verdict("http://127.0.0.1:8080/", rules) == nil)
        #expect(verdict("http://127.0.0.1:8081/", rules) == .refused)
        #expect(verdict("http://127.0.0.1/", rules) == .refused)
        #expect(verdict("http://127.0.0.2:8080/", rules) == .refused)
        #expect(verdict("http://[::ffff:127.0.0.1]:8080/", rules) == nil)
        #expect(verdict("http://other.example:8080/", names: ["127.0.0.1"], rules) == nil)
        #expect(verdict("http://intranet.example:8005/", names: ["10.9.9.9"], rules) == nil)
        #expect(verdict("http://intranet.example:8011/", names: ["10.9.9.9"], rules) == .refused)
        #expect(verdict("http://intranet.example/", names: ["10.9.9.9"], rules) == .refused)
        #expect(
            verdict("http://intranet.example:8000/", names: ["169.254.169.254"], rules) == .refused)
        #expect(verdict("https://10.1.255.1/", rules) == nil)
        #expect(verdict("https://10.2.0.1/", rules) == .refused)
        #expect(verdict("http://[fd00::1]:9000/", rules) == nil)
        #expect(verdict("http://public.example:6379/", names: ["1.1.1.1"], rules) == nil)
        #expect(verdict("http://else.example:6379/", names: ["1.1.1.1"], rules) == .refused)
    }

    @Test("B69 checks the place a detour leads to, not the one it comes from")
    func detours() throws {
        let detour = try Detour("api.example:443=127.0.0.1:9443")
        var rules = AddressGuard(detours: [detour])
        #expect(verdict("https://api.example/", names: ["1.1.1.1"], rules) == .refused)
        rules.allowed = [try AllowRule("127.0.0.1:9443")]
        #expect(verdict("https://api.example/", rules) == nil)
        #expect(verdict("https://127.0.0.1/", rules) == .refused)
        #expect(rules.place(for: try WebURL("http://api.example/")).port == 80)
    }

    @Test(
        "says how a rule is written",
        arguments: [
            "", ":80", "host:", "host:0", "host:99999", "host:9-3", "10.0.0.0/33", "1.2.3:80",
            "[::1", "*", "user@host:80", "host:80:90x", "10.0.0.0/-1", "host:8-", "host:-9",
        ])
    func misspelt(rule: String) {
        #expect(throws: Fault.self) { try AllowRule(rule) }
    }

    @Test(
        "says how a detour is written",
        arguments: ["", "a", "a:1", "a:1=b", "a=b:1", "a:1=b:2=c:3", "a:1=b:2/x", "a:1=u@b:2"])
    func mistaken(detour: String) {
        #expect(throws: Fault.self) { try Detour(detour) }
    }
}
