import Document
import Flow

/// The two services the official kit calls, as far as it calls them: petstore.swagger.io with a pet
/// for each number, and httpbin.org with basic authentication.
enum ServiceStub {
    static func answer(_ agent: String, _ payload: Value) -> Result<Value, FlowError> {
        switch agent {
        case "http": http(payload)
        case "openapi": openapi(payload)
        default: .failure(FlowError(.runtime, "there is no agent \(agent)"))
        }
    }

    static func event(_ key: StepKey, _ result: Result<Value, FlowError>) -> RunEvent {
        switch result {
        case .success(let value): .answered(key, value)
        case .failure(let error): .failed(key, error)
        }
    }

    private static func http(_ payload: Value) -> Result<Value, FlowError> {
        let endpoint = payload["endpoint"] ?? .null
        let uri = endpoint.string ?? endpoint["uri"]?.string ?? ""
        let rest = uri.split(separator: "/", omittingEmptySubsequences: true).dropFirst()
        let path = rest.dropFirst().map(String.init)
        let method = payload["method"]?.string ?? "get"
        switch rest.first {
        case "petstore.swagger.io" where path.count == 3 && path[1] == "pet":
            return pet(path[2], method, uri, payload)
        case "httpbin.org" where path.count == 3 && path[0] == "basic-auth":
            let basic = endpoint["authentication"]?["basic"]
            let isKnown =
                basic?["username"] == .string(path[1])
                && basic?["password"] == .string(path[2])
            guard isKnown else { return failure(.authentication, 401, uri) }
            return response(["authenticated": true], method, uri, payload)
        default: return failure(.communication, 404, uri)
        }
    }

    private static func openapi(_ payload: Value) -> Result<Value, FlowError> {
        let base = "https://petstore.swagger.io/v2/pet/"
        switch payload["operationId"]?.string {
        case "findPetsByStatus":
            let status = payload["parameters"]?["status"]?.string ?? "available"
            return pet("findByStatus?status=\(status)", "get", base + "findByStatus", payload)
        case "getPetById":
            let id = payload["parameters"]?["petId"].map { JSON.text($0) } ?? ""
            return pet(id, "get", base + id, payload)
        default: return failure(.communication, 404, base)
        }
    }

    private static func pet(
        _ name: String, _ method: String, _ uri: String, _ payload: Value
    ) -> Result<Value, FlowError> {
        if let status = name.after("findByStatus?status=") {
            let pets: [Value] = [1, 2, 3].map { pet($0, status) }
            return response(.array(pets), method, uri, payload)
        }
        guard let id = Int64(name) else { return failure(.communication, 404, uri) }
        return response(pet(id, "available"), method, uri, payload)
    }

    private static func pet(_ id: Int64, _ status: String) -> Value {
        ["id": .integer(id), "name": .string("Pet \(id)"), "status": .string(status)]
    }

    private static func response(
        _ content: Value, _ method: String, _ uri: String, _ payload: Value
    ) -> Result<Value, FlowError> {
        guard payload["output"] == "response" else { return .success(content) }
        return .success([
            "request": ["method": .string(method), "uri": .string(uri), "headers": [:]],
            "headers": ["Content-Type": "application/json"], "statusCode": 200, "content": content,
        ])
    }

    private static func failure(
        _ kind: FlowError.Standard, _ status: Int, _ uri: String
    ) -> Result<Value, FlowError> {
        var error = FlowError(kind, "\(uri) answered with \(status)")
        error.status = status
        return .failure(error)
    }
}
