import Store

/// What Redis is asked to do with many keys in one go. Each handles a slice, so that nobody else
/// waits long for Redis; none of them is used by orchestrators.
enum StoreScript {
    static let all = [measure, dump, restore, clear]

    /// ARGV names. For each {bytes, when its request was accepted or ""}.
    static let measure = RedisScript(
        name: "baton_measure",
        text: """
            local records, all = KEYS[1] .. "r:", {}
            for i, name in ipairs(ARGV) do
                local size, at = redis.pcall("MEMORY", "USAGE", name), ""
                if string.sub(name, 1, #records) == records then
                    at = redis.pcall("HGET", name, "at")
                    if type(at) == "table" then
                        local text = redis.pcall("GETRANGE", name, 24, 29)
                        at = type(text) == "string" and #text == 6 and
                            string.format("%.0f", (struct.unpack(">I6", text))) or ""
                    end
                end
                all[i] = { type(size) == "number" and size or 0, at or "" }
            end
            return all
            """)

    /// ARGV cursor, how many. {cursor, now in ms, {name, end in ms or 0, content, …}}
    static let dump = RedisScript(
        name: "baton_dump",
        text: """
            local page = redis.call("SCAN", ARGV[1], "MATCH", KEYS[1] .. "*", "COUNT", ARGV[2])
            local time = redis.call("TIME")
            local now, all = time[1] * 1000 + math.floor(time[2] / 1000), {}
            for _, name in ipairs(page[2]) do
                local content, left = redis.call("DUMP", name), redis.call("PTTL", name)
                if content then
                    local n = #all
                    all[n + 1] = name
                    all[n + 2] = left >= 0 and string.format("%.0f", now + left) or "0"
                    all[n + 3] = content
                end
            end
            return { page[1], string.format("%.0f", now), all }
            """)

    /// ARGV name, end in ms or 0, content, and so on.
    static let restore = RedisScript(
        name: "baton_restore",
        text: """
            for i = 1, #ARGV, 3 do
                redis.call("RESTORE", ARGV[i], ARGV[i + 1], ARGV[i + 2], "REPLACE", "ABSTTL")
            end
            return #ARGV / 3
            """)

    /// ARGV cursor, how many. {cursor, how many are gone}
    static let clear = RedisScript(
        name: "baton_clear",
        text: """
            local page = redis.call("SCAN", ARGV[1], "MATCH", KEYS[1] .. "*", "COUNT", ARGV[2])
            for _, name in ipairs(page[2]) do redis.call("UNLINK", name) end
            return { page[1], #page[2] }
            """)
}
