-- uses prelude
-- What becomes of a schedule.
-- ARGV fired, now, digest, due, k and id of its request, the place of its last event (or empty); an
-- earlier due time or place changes nothing. Or pause, now, digest, who. Or resume, now, digest.
-- Answers K.
local verb, now, key = ARGV[1], ARGV[2], P .. "sc:" .. ARGV[3]

-- A place as a text that sorts as it does.
local function sortable(place)
    local ms, number = string.match(place or "", "^(%d+)%-(%d+)$")
    return string.format("%20s %20s", ms or "", number or "")
end

local known = try("HMGET", key, "f", "c")
if known.err then
    call("UNLINK", key)
    known = {}
end
if verb == "pause" then
    call("HSET", key, "p", ARGV[4])
elseif verb == "resume" then
    if call("HDEL", key, "p") == 1 then
        call("HSET", key, "w", now)
        call("HDEL", key, "c")
    end
else
    local due, place = ARGV[4], ARGV[7]
    local is_news = tonumber(due) > (tonumber(known[1] or "0") or 0)
    if place ~= "" then is_news = sortable(place) > sortable(known[2]) end
    if is_news then
        call("HSET", key, "f", due, "t", now, "k", ARGV[5], "id", ARGV[6])
        if place ~= "" then call("HSET", key, "c", place) end
        sure("HINCRBY", key, "n", 1)
    end
end
call("EXPIRE", key, 400 * 86400)
return "K"
