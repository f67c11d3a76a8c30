import Document

/// Authentication of calls: policies by name and secrets by name are put where they are meant, so
/// that whoever makes the call needs neither the file nor the secrets.
extension FlowRun {
    /// The places in `with` at which a policy may stand.
    private static let places: [[String]] = [
        ["authentication"], ["endpoint", "authentication"],
        ["document", "endpoint", "authentication"], ["server", "authentication"],
        ["agentCard", "endpoint", "authentication"],
        ["transport", "http", "endpoint", "authentication"],
    ]

    mutating func authorized(
        _ strand: Int, _ depth: Int, _ payload: Value
    ) throws(FlowError) -> Value {
        var payload = payload
        for place in FlowRun.places {
            guard let policy = FlowRun.member(payload, place[...]) else { continue }
            let resolved = try resolve(policy, scope(strand, depth), strand, depth)
            payload = FlowRun.replacing(payload, place[...], by: resolved)
            strands[strand].levels[depth].authorization = FlowRun.descriptor(resolved)
        }
        return payload
    }

    private func resolve(
        _ policy: Value, _ scope: RunScope, _ strand: Int, _ depth: Int
    ) throws(FlowError) -> Value {
        var policy = policy
        if let name = policy.string ?? policy["use"]?.string {
            guard let template = plan.workflow.components.authentications[name] else {
                throw FlowError(.configuration, "there is no authentication \"\(name)\"")
            }
            policy = try evaluate(template, strands[strand].levels[depth].input, scope)
        }
        guard case .object(var schemes) = policy else { return policy }
        for (scheme, settings) in schemes {
            guard let name = settings["use"]?.string else { continue }
            guard plan.workflow.components.secrets.contains(name),
                let secret = identity.secrets[name]
            else { throw FlowError(.authorization, "the secret \"\(name)\" is not there") }
            schemes[scheme] = secret
        }
        return .object(schemes)
    }

    private static func member(_ value: Value, _ path: ArraySlice<String>) -> Value? {
        var value = value
        for key in path {
            guard let member = value[key] else { return nil }
            value = member
        }
        return value
    }

    private static func replacing(
        _ value: Value, _ path: ArraySlice<String>, by member: Value
    ) -> Value {
        guard let key = path.first, case .object(var object) = value else { return member }
        object[key] = replacing(object[key] ?? .null, path.dropFirst(), by: member)
        return .object(object)
    }

    /// `$authorization`.
    private static func descriptor(_ policy: Value) -> Value? {
        if let basic = policy["basic"], let name = basic["username"]?.string {
            let text = "\(name):\(basic["password"]?.string ?? "")"
            return ["scheme": "Basic", "parameter": .string(base64(Array(text.utf8)))]
        }
        if let bearer = policy["bearer"],
            let token = bearer["token"] ?? bearer.string.map(Value.string)
        {
            return ["scheme": "Bearer", "parameter": token]
        }
        return nil
    }

    static func base64(_ bytes: [UInt8]) -> String {
        let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var text: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let part = bytes[start..<min(start + 3, bytes.count)]
            var group = 0
            for offset in 0..<3 {
                group = group << 8 | Int(offset < part.count ? part[start + offset] : 0)
            }
            for digit in 0..<4 {
                let isPadding = digit > part.count
                text.append(
                    isPadding ? UInt8(ascii: "=") : digits[group >> (18 - 6 * digit) & 63])
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}
