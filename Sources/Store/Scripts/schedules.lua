-- uses prelude
-- What is known of schedules. One that is not known, or has another rule by now, is from now on.
-- ARGV now; then for each its digest and its rule.
-- Answers a row for each: since when it is, the last due time, when that was, how many there were,
-- the id of its request, the state of that (empty where it is not kept any more), when it ended,
-- why it failed, the place of the last event, who paused it; what is not known is empty.
local now, KEPT = ARGV[1], 400 * 86400
local rows = {}

local function row(key, rule)
    local known = try("HMGET", key, "w", "rule", "f", "t", "n", "id", "k", "c", "p")
    if known.err then
        call("UNLINK", key)
        known = {}
    end
    if not known[1] or known[2] ~= rule then
        call("HSET", key, "w", now, "rule", rule)
        call("HDEL", key, "c")
        known[1], known[8] = now, false
    end
    if call("TTL", key) < KEPT / 2 then call("EXPIRE", key, KEPT) end
    local record = known[7] and look(known[7], "st", "en", "cd") or {}
    return { known[1], known[3] or "", known[4] or "", known[5] or "", known[6] or "",
        record[1] or "", record[2] or "", record[3] or "", known[8] or "", known[9] or "" }
end

for i = 2, #ARGV, 2 do rows[#rows + 1] = row(P .. "sc:" .. ARGV[i], ARGV[i + 1]) end
return rows
