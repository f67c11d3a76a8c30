import WebClient
import WorkerKit

/// One parameter of an operation, and how a value for it is written. Pure.
struct OpenAPIParameter {
    enum Place: String {
        case path, query, header, cookie, body, formData
    }

    let name: String
    let place: Place
    let isRequired: Bool
    let fallback: Value?
    private let style: String
    private let explodes: Bool
    private let isJSON: Bool

    init?(_ object: ObjectValue, isOld: Bool) {
        guard let name = object["name"]?.string,
            let place = object["in"]?.string.flatMap(Place.init(rawValue:))
        else { return nil }
        (self.name, self.place) = (name, place)
        isRequired = place == .path || object["required"]?.bool == true
        fallback = isOld ? object["default"] : object["schema"]?["default"]
        isJSON = object["content"] != nil
        if isOld {
            let format = object["collectionFormat"]?.string ?? "csv"
            style =
                ["ssv": "spaceDelimited", "tsv": "tabDelimited", "pipes": "pipeDelimited"][format]
                ?? "form"
            explodes = format == "multi"
        } else {
            let usual = place == .query || place == .cookie ? "form" : "simple"
            style = object["style"]?.string ?? usual
            explodes = object["explode"]?.bool ?? (style == "form")
        }
    }

    private var separator: String {
        switch style {
        case "spaceDelimited": " "
        case "tabDelimited": "\t"
        case "pipeDelimited": "|"
        default: ","
        }
    }

    /// The value as pairs of a query, a form or a cookie, not encoded.
    func pairs(_ value: Value) -> [(name: String, value: String)] {
        if isJSON { return [(name, JSON.text(value))] }
        if let object = value.object {
            if style == "deepObject" {
                return object.map { ("\(name)[\($0.key)]", HTTPCall.plain($0.value)) }
            }
            if explodes { return object.map { ($0.key, HTTPCall.plain($0.value)) } }
        }
        if let array = value.array, explodes {
            return array.filter { !$0.isNull }.map { (name, HTTPCall.plain($0)) }
        }
        return [(name, flat(value, each: { $0 }))]
    }

    /// The value as one text.
    ///
    /// - Parameter each: encodes a piece of it; what stands between them is no piece.
    func flat(_ value: Value, each: (String) -> String) -> String {
        if isJSON { return each(JSON.text(value)) }
        if let array = value.array {
            return array.filter { !$0.isNull }.map { each(HTTPCall.plain($0)) }
                .joined(separator: separator)
        }
        guard let object = value.object else { return each(HTTPCall.plain(value)) }
        let binds = explodes ? "=" : separator
        return object.map { "\(each($0.key))\(binds)\(each(HTTPCall.plain($0.value)))" }
            .joined(separator: separator)
    }

    /// The value in a path: nothing in it can end the segment that it is meant for.
    func segment(_ value: Value) throws(Problem) -> String {
        let text = flat(value) { Percent.encode($0) }
        guard !text.isEmpty, text != ".", text != ".." else {
            throw HTTPCall.misspelt("the parameter \(name) cannot be '\(text)' in a path")
        }
        switch style {
        case "label": return ".\(text)"
        case "matrix": return ";\(Percent.encode(name))=\(text)"
        default: return text
        }
    }
}
