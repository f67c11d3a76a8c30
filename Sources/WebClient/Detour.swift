package import Telemetry

/// Sends what is meant for one host to another place, which the guard then checks: for stand-ins of
/// a test bed. Written `HOST:PORT=HOST:PORT`. The request and its certificate stay those of the
/// first host.
package struct Detour: Hashable, Sendable {
    package struct Place: Hashable, Sendable {
        /// In small letters; an address without its brackets.
        package var host: String
        package var port: Int

        package init(host: String, port: Int) {
            (self.host, self.port) = (host, port)
        }
    }

    package let from: Place
    package let to: Place

    package init(_ text: String) throws(Fault) {
        let sides = text.split(separator: "=", omittingEmptySubsequences: false)
        guard sides.count == 2 else { throw Self.misspelt(text) }
        do throws(Fault) {
            (from, to) = (try Self.place(sides[0]), try Self.place(sides[1]))
        } catch {
            throw Self.misspelt(text)
        }
    }

    private static func place(_ text: Substring) throws(Fault) -> Place {
        // The rules for hosts, addresses and ports are those of URLs.
        let url = try WebURL("http://\(text)")
        guard url.path == "/", url.query == nil, text.contains(":") else {
            throw misspelt(String(text))
        }
        return Place(host: url.host, port: url.port)
    }

    private static func misspelt(_ text: String) -> Fault {
        Fault(
            WebCode.invalid,
            "'\(text)' leads nowhere: write HOST:PORT=HOST:PORT, such as"
                + " api.example.com:443=127.0.0.1:8443")
    }
}
