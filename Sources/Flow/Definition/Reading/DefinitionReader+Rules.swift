import Document
import Telemetry

/// What is done to data on its way: `input`, `output`, `export`, and the schemas in them.
extension DefinitionReader {
    mutating func inputRule(_ node: Node?, _ variables: Set<String>) -> InputRule {
        guard let node, let fields = fields(node, ["schema", "from"]) else { return .none }
        return InputRule(
            schema: schema(fields["schema"]),
            from: expressionOrTemplate(fields["from"], variables))
    }

    mutating func outputRule(_ node: Node?, _ variables: Set<String>) -> OutputRule {
        guard let node, let fields = fields(node, ["schema", "as"]) else { return .none }
        return OutputRule(
            schema: schema(fields["schema"]), as: expressionOrTemplate(fields["as"], variables))
    }

    mutating func exportRule(_ node: Node?, _ variables: Set<String>) -> ExportRule? {
        guard let node, let fields = fields(node, ["schema", "as"]) else { return nil }
        return ExportRule(
            schema: schema(fields["schema"]), as: expressionOrTemplate(fields["as"], variables))
    }

    private mutating func schema(_ node: Node?) -> DataSchema? {
        guard let node, let fields = fields(node, ["format", "document", "resource"]) else {
            return nil
        }
        let format = text(fields["format"]) ?? "json"
        if format != "json", !format.hasPrefix("json:"), let node = fields["format"] {
            problem(
                node,
                "a schema in the format \(Excerpt.quoted(format)) is not understood; write "
                    + "it as JSON schema, format json", .configuration)
            return nil
        }
        if let node = fields["resource"] {
            problem(
                node,
                "a schema that lies elsewhere is not fetched; write it into the file, under "
                    + "\"document\"", .configuration)
            return nil
        }
        guard let document = required(fields, "document") else { return nil }
        return compile(value(document), format, document)
    }

    private mutating func compile(_ value: Value, _ format: String, _ node: Node) -> DataSchema? {
        do throws(Fault) {
            let schema = try Schema(value)
            if !schema.unchecked.isEmpty {
                remark(node, "not checked of this schema: \(schema.unchecked.listed("and"))")
            }
            return DataSchema(format: format, schema: schema)
        } catch {
            problem(node, error.place.map { "\($0): \(error.message)" } ?? error.message)
            return nil
        }
    }
}
