import Document

/// What one check of this machine found, and the mend when it is not well.
struct Finding: Sendable, Equatable {
    enum State: String, Sendable { case ok, warn, fail }

    let check: String
    let state: State
    let finding: String
    let mend: String?

    static func ok(_ check: String, _ finding: String) -> Finding {
        Finding(check: check, state: .ok, finding: finding, mend: nil)
    }

    static func warn(_ check: String, _ finding: String, mend: String) -> Finding {
        Finding(check: check, state: .warn, finding: finding, mend: mend)
    }

    static func fail(_ check: String, _ finding: String, mend: String) -> Finding {
        Finding(check: check, state: .fail, finding: finding, mend: mend)
    }

    var text: Text {
        let mark: Text =
            switch state {
            case .ok: Text("ok  ", .green)
            case .warn: Text("warn", .yellow)
            case .fail: Text("fail", .red)
            }
        let line: Text = "\(mark)  \(Text(check, .bold).padded(to: 14)) \(finding)"
        guard let mend else { return line }
        return line + "\n      \("mend: \(mend)", .dim)"
    }

    var value: Value {
        var object: ObjectValue = [
            "check": .string(check), "state": .string(state.rawValue), "finding": .string(finding),
        ]
        if let mend { object["mend"] = .string(mend) }
        return .object(object)
    }
}
