import Document

/// Every reader of a tree answers or throws, and its value survives JSON, and YAML again where
/// YAML can hold it.
func checkYAML(_ bytes: [UInt8]) {
    guard let node = try? YAML.parse(bytes, source: "f.yaml") else { return }
    walk(node)
    guard let value = try? node.value() else { return }
    let written = JSON.write(value)
    let read = try? JSON.parse(written, limits: Limits(bytes: .max, keys: .max, nodes: .max))
    precondition(read == value, "the value does not survive JSON")
    precondition((try? DocumentDecoder().decode(Value.self, from: node)) == value)
    // Control characters and long keys are legal in JSON alone.
    if written.count < 1000, written.allSatisfy({ (0x20..<0x7F).contains($0) }) {
        let again = try? YAML.parse(written).value()
        precondition(again == value, "JSON is read differently as YAML")
    }
}

private func walk(_ node: Node) {
    precondition(node.position.line > 0 && node.position.column > 0)
    _ = node.path
    for child in (try? node.list()) ?? [] { walk(child) }
    for (key, child) in (try? node.entries()) ?? [] {
        precondition(node[key]?.position == child.position, "a key leads to another node")
        walk(child)
    }
    _ = try? node.mapping(knownKeys: ["name", "retries", "timeout"])
    _ = try? node.bool()
    _ = try? node.integer(in: -5...5) as Int8
    _ = try? node.integer() as UInt64
    _ = try? node.number(in: 0...1)
    _ = try? node.size()
    guard let duration = try? node.duration(), let text = try? node.string() else { return }
    precondition(duration >= .zero && !text.isEmpty)
}
