import WebClient
import WorkerKit

/// A description of an interface: OpenAPI 3 or Swagger 2. Pure; it finds operations and where they
/// are, and follows references within itself.
struct OpenAPIDocument {
    /// One operation, with all that belongs to it.
    struct Operation {
        let method: String
        let path: String
        let parameters: [ObjectValue]
        let body: ObjectValue?
        let object: ObjectValue
    }

    private enum Limits {
        static let bytes = 2 << 20
        static let references = 16
    }

    private static let methods = [
        "get", "put", "post", "delete", "options", "head", "patch", "trace",
    ]

    let root: Value
    let url: WebURL
    /// Whether it is Swagger 2.
    let isOld: Bool

    init(_ root: Value, at url: WebURL) throws(Problem) {
        (self.root, self.url) = (root, url)
        let version = (root["openapi"] ?? root["swagger"]).map(HTTPCall.plain) ?? ""
        guard version.hasPrefix("3.") || version == "3" || version.hasPrefix("2") else {
            throw Self.unusable("\(url.shown) is neither OpenAPI 3 nor Swagger 2")
        }
        isOld = version.hasPrefix("2")
    }

    /// Reads JSON or YAML.
    static func parse(_ bytes: [UInt8], from url: WebURL) throws(Problem) -> Value {
        let isJSON = bytes.first { ![0x20, 9, 10, 13].contains($0) } == UInt8(ascii: "\u{7b}")
        do throws(Fault) {
            if isJSON {
                return try JSON.parse(bytes, limits: Document.Limits(bytes: Limits.bytes))
            }
            let limits = Document.Limits(bytes: Limits.bytes, nodes: 100_000, aliases: 100)
            return try YAML.parse(bytes, limits: limits).value()
        } catch {
            throw unusable("\(url.shown): \(error)")
        }
    }

    static func unusable(_ detail: String) -> Problem {
        Problem(.configuration, "The document cannot be used", detail)
    }

    func operation(_ id: String) throws(Problem) -> Operation {
        var known: [String] = []
        for (path, value) in root["paths"]?.object ?? ObjectValue() {
            guard let item = try resolved(value).object else { continue }
            for method in Self.methods {
                guard let object = item[method]?.object else { continue }
                let name = object["operationId"]?.string ?? ""
                guard name == id else {
                    known.append(name)
                    continue
                }
                return try operation(object, method, path, item)
            }
        }
        throw Problem(
            .configuration, "There is no such operation",
            "\(url.shown) has no operation \(id)" + Suggestion.phrase(for: id, in: known))
    }

    private func operation(
        _ object: ObjectValue, _ method: String, _ path: String, _ item: ObjectValue
    ) throws(Problem) -> Operation {
        var parameters: [ObjectValue] = []
        // What the operation says of a parameter counts more than what its path says.
        for value in (object["parameters"]?.array ?? []) + (item["parameters"]?.array ?? []) {
            guard let parameter = try resolved(value).object else { continue }
            let isKnown = parameters.contains {
                $0["name"] == parameter["name"] && $0["in"] == parameter["in"]
            }
            if !isKnown { parameters.append(parameter) }
        }
        var whole = object
        whole["servers"] = object["servers"] ?? item["servers"]
        let body = try object["requestBody"].map { value throws(Problem) in try resolved(value) }
        return Operation(
            method: method, path: path, parameters: parameters, body: body?.object, object: whole)
    }

    /// What a value stands for: itself, or what its reference names.
    func resolved(_ value: Value) throws(Problem) -> Value {
        var value = value
        for _ in 0..<Limits.references {
            guard let reference = value["$ref"]?.string else { return value }
            guard reference.hasPrefix("#/") else {
                throw Self.unusable("\(reference): only references within the document are read")
            }
            var place = root
            for piece in reference.dropFirst(2).split(separator: "/") {
                let key = String(piece).replacing("~1", with: "/").replacing("~0", with: "~")
                guard let next = place[key] ?? Int(key).flatMap({ place[$0] }) else {
                    throw Self.unusable("\(reference) names nothing in it")
                }
                place = next
            }
            value = place
        }
        throw Self.unusable("its references go in circles")
    }

    /// Where an operation is, without its own path.
    func server(of operation: Operation) throws(Problem) -> WebURL {
        do throws(Fault) {
            return isOld ? try oldServer(operation) : try newServer(operation)
        } catch {
            throw Self.unusable("its server: \(error)")
        }
    }

    private func newServer(_ operation: Operation) throws(Fault) -> WebURL {
        let servers = operation.object["servers"]?.array ?? root["servers"]?.array ?? []
        guard let server = servers.first, var text = server["url"]?.string else {
            return try url.resolving("/")
        }
        for (name, variable) in server["variables"]?.object ?? ObjectValue() {
            text = text.replacing(
                "{\(name)}", with: variable["default"].map(HTTPCall.plain) ?? "")
        }
        return try url.resolving(text)
    }

    private func oldServer(_ operation: Operation) throws(Fault) -> WebURL {
        let schemes = (operation.object["schemes"]?.array ?? root["schemes"]?.array ?? [])
            .compactMap(\.string).filter { $0 == "https" || $0 == "http" }
        let scheme =
            schemes.contains("https")
            ? "https" : schemes.first ?? url.scheme.rawValue
        let host = root["host"]?.string ?? url.authority
        let path = root["basePath"]?.string ?? "/"
        return try WebURL("\(scheme)://\(host)\(path.hasPrefix("/") ? path : "/\(path)")")
    }
}
