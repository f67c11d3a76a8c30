/// What people and new owners do to requests.
extension ScriptModel {
    mutating func resolve(_ key: String, _ verdict: Character, size: Int) -> Character {
        guard let request = requests[key] else { return "G" }
        let ending: Character? = verdict == "D" ? "S" : verdict == "F" ? "F" : nil
        guard request.state == "U" else {
            let stands = ending.map { $0 == request.state } ?? "AR".contains(request.state)
            return request.decided == verdict && stands ? "K" : request.state
        }
        requests[key]?.decided = verdict
        requests[key]?.happened(ending == nil ? 1 : 2)
        requests[key]?.state = ending ?? "A"
        if ending == nil {
            requests[key]?.attempt = nil
        } else {
            requests[key]?.ending = ["\(request.attempt ?? 0)", "i"]
            let bytes = size + request.journalBytes
            requests[key]?.size = bytes
            finished.append((key, bytes))
        }
        return "K"
    }

    mutating func cancel(_ key: String, size: (Request) -> Int) -> Character {
        guard let request = requests[key] else { return "G" }
        if request.state == "C" { return "K" }
        guard "AU".contains(request.state) else { return request.state }
        requests[key]?.state = "C"
        requests[key]?.ending = ["0", ""]
        if request.events != nil { requests[key]?.happened(1) }
        let bytes = size(request)
        requests[key]?.size = bytes
        finished.append((key, bytes))
        return "K"
    }

    mutating func revive(_ key: String) -> Character {
        guard let request = requests[key] else { return "G" }
        guard request.state == "F", request.dead == "1" else {
            return request.decided == "V" && "AR".contains(request.state) ? "K" : request.state
        }
        dead.removeAll { $0 == key }
        requests[key]?.dead = nil
        requests[key]?.decided = "V"
        requests[key]?.state = "A"
        requests[key]?.attempt = nil
        requests[key]?.events = (request.events ?? 4) + 1
        return "K"
    }

    mutating func discard(_ key: String) -> Character {
        guard let request = requests[key] else { return "G" }
        guard request.state == "F", let dead = request.dead else { return "N" }
        if dead == "1" {
            self.dead.removeAll { $0 == key }
            requests[key]?.dead = "0"
            finished.append((key, request.size))
        }
        return "K"
    }

    mutating func claim(_ me: String, _ count: Int) -> [String] {
        let keys = Array(ready.prefix(count))
        for key in keys {
            requests[key]?.state = "R"
            requests[key]?.owner = me
            if requests[key]?.events != nil { requests[key]?.happened(1) }
        }
        return keys
    }

    mutating func adopt(_ me: String, _ keys: [String]) {
        for key in keys {
            requests[key]?.owner = me
            requests[key]?.happened(1)
        }
    }

    /// A tool call with an effect: after it a request counts its events.
    mutating func effect(_ me: String, _ key: String) -> String {
        guard let request = requests[key] else { return "GONE" }
        guard request.state == "R", request.owner == me else { return "STALE" }
        requests[key]?.happened(0)
        return "GO"
    }
}
