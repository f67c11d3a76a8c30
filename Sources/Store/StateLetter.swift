import Wire

/// What the letters of the scripts mean.
enum StateLetter {
    /// One letter for each of `count` items; nothing where there are not as many.
    static func letters(_ reply: RedisReply, count: Int) -> [UInt8]? {
        let bytes: [UInt8]
        switch reply {
        case .bytes(let letters): bytes = letters
        case .status(let letters): bytes = Array(letters.utf8)
        default: return nil
        }
        return bytes.count == count ? bytes : nil
    }

    /// The word of a script that answers with one.
    static func word(_ reply: RedisReply) -> String? { reply.text }
}

extension AcceptVerdict {
    init?(letter: UInt8) {
        switch letter {
        case UInt8(ascii: "A"), UInt8(ascii: "O"): self = .accepted
        case UInt8(ascii: "W"): self = .waits
        case UInt8(ascii: "R"): self = .known(.running)
        case UInt8(ascii: "P"): self = .known(.ready)
        case UInt8(ascii: "U"): self = .known(.uncertain)
        case UInt8(ascii: "T"): self = .ended
        case UInt8(ascii: "C"): self = .conflict
        case UInt8(ascii: "Q"): self = .tenantBusy
        case UInt8(ascii: "B"): self = .readyBusy
        case UInt8(ascii: "L"): self = .refused(reason: "the lease was lost and is taken anew")
        case UInt8(ascii: "X"): self = .unreadable
        default: return nil
        }
    }
}

extension Keeping {
    init?(letter: UInt8) {
        switch letter {
        case UInt8(ascii: "K"): self = .kept
        case UInt8(ascii: "F"): self = .fenced
        case UInt8(ascii: "G"): self = .gone
        case UInt8(ascii: "X"): self = .unreadable
        default: return nil
        }
    }
}

extension Decided {
    /// The answer to a decision about one request. `N`: a letter that is not dead.
    init?(word: String) {
        switch word {
        case "K", "OK": self = .done
        case "G": self = .unknown
        case "N": self = .state(.failed)
        default:
            guard let state = StoredState(rawValue: word) else { return nil }
            self = .state(state)
        }
    }
}

extension EffectVerdict {
    /// The answer to the beginning of an effect, or to its end.
    init?(_ reply: RedisReply) {
        if let parts = reply.array {
            guard parts.count == 2, parts[0].text == "SKIP", let result = parts[1].bytes else {
                return nil
            }
            self = .skip(ContentBytes(result))
            return
        }
        switch reply.text {
        case "GO", "OK": self = .go
        case "UNKNOWN": self = .unknown
        case "STALE", "GONE": self = .stale
        default: return nil
        }
    }
}
