package import Document
package import Telemetry

/// What a model answered, made into JSON: out of a code fence, out of talk around it, the first of
/// several objects. What cannot be used is a fault that says why, so that it can be asked again.
package enum ModelReply {
    private static let longest = 1 << 20

    /// The first JSON object in a reply.
    package static func object(_ reply: String) throws(Fault) -> ObjectValue {
        guard reply.utf8.count <= longest else {
            throw Fault(LanguageCode.badOutput, "The reply is longer than \(longest) bytes.")
        }
        let bytes = Array(reply.utf8)
        var start = 0
        var attempts = 0
        while let open = bytes[start...].firstIndex(of: 0x7B), attempts < 20 {
            attempts += 1
            if let end = end(of: bytes, from: open),
                let value = try? JSON.parse(Array(bytes[open...end])), let object = value.object
            {
                return object
            }
            start = open + 1
        }
        let isEmpty = reply.allSatisfy(\.isWhitespace)
        throw Fault(
            LanguageCode.badOutput,
            isEmpty ? "The reply is empty." : "There is no whole JSON object in the reply.")
    }

    /// Where the object closes that opens at a byte; nil where it is cut off.
    private static func end(of bytes: [UInt8], from open: Int) -> Int? {
        var depth = 0
        var isInText = false
        var place = open
        while place < bytes.count {
            let byte = bytes[place]
            if isInText {
                if byte == 0x5C { place += 1 }
                if byte == 0x22 { isInText = false }
            } else if byte == 0x22 {
                isInText = true
            } else if byte == 0x7B {
                depth += 1
            } else if byte == 0x7D {
                depth -= 1
                if depth == 0 { return place }
            }
            place += 1
        }
        return nil
    }

    /// What to tell the model once when its reply could not be used.
    package static func repair(_ fault: Fault) -> String {
        "Your last reply could not be used: \(fault.message) Return the JSON object alone."
    }
}
