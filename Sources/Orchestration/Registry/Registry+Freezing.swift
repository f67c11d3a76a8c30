/// Agents that people have stopped: nothing more is given to them.
extension Registry {
    /// Freezes these and no others; says which are not frozen any more.
    mutating func freeze(_ names: [String: String]) -> [Int] {
        let before = frozen.keys
        frozen = names
        for agent in agents.indices { agents[agent].isFrozen = names[agents[agent].name] != nil }
        return before.filter { names[$0] == nil }.compactMap { agent($0) }
    }
}
