#!lua
-- Keeps an event in the log of its tenant; one that is known is not kept again. Refused when
-- memory is full.
-- ARGV log, now, how long an event is kept in ms, how many, how many bytes, the event's digest,
-- its bytes.
-- Answers {its place, the place of the event before it; false where it was known}.
-- The log is a stream; beside it stands a hash: the place of each event by its digest, `p` the last
-- place, `b` the bytes of all.
local P, call, try = KEYS[1], redis.call, redis.pcall
local stream, index = P .. "ev:" .. ARGV[1], P .. "ei:" .. ARGV[1]
local now, digest, bytes = tonumber(ARGV[2]), ARGV[6], ARGV[7]
local life, most, most_bytes = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local TRIMMED = 8

local known = try("HMGET", index, digest, "p", "b")
local length = try("XLEN", stream)
if known.err or type(length) ~= "number" then
    -- A key of another type holds nothing of use.
    call("UNLINK", stream, index)
    known, length = { false, false, false }, 0
end
if known[1] then return { known[1], false } end

local function next_place(before)
    local ms, number = string.match(before, "^(%d+)%-(%d+)$")
    ms, number = tonumber(ms) or 0, tonumber(number) or 0
    if now > ms then return string.format("%.0f-0", now) end
    return string.format("%.0f-%.0f", ms, number + 1)
end

local before = known[2] or "0-0"
local place = next_place(before)
if type(try("XADD", stream, place, "d", digest, "b", bytes)) ~= "string" then
    -- The hash was lost, or its word of the last place: the stream knows.
    local rows = call("XREVRANGE", stream, "+", "-", "COUNT", 1)
    before = rows[1] and rows[1][1] or before
    place = next_place(before)
    if type(try("XADD", stream, place, "d", digest, "b", bytes)) ~= "string" then
        call("UNLINK", stream, index)
        length, known[3] = 0, false
        call("XADD", stream, place, "d", digest, "b", bytes)
    end
end
length = length + 1
local held = (tonumber(known[3] or "0") or 0) + #bytes

-- The oldest go, a few at a time.
for _ = 1, TRIMMED do
    local row = call("XRANGE", stream, "-", "+", "COUNT", 1)[1]
    if not row or row[1] == place then break end
    local ms = tonumber(string.match(row[1], "^%d+")) or 0
    if length <= most and held <= most_bytes and ms >= now - life then break end
    call("XDEL", stream, row[1])
    call("HDEL", index, row[2][2])
    length, held = length - 1, math.max(0, held - #(row[2][4] or ""))
end
call("HSET", index, digest, place, "p", place, "b", string.format("%.0f", held))
call("PEXPIRE", stream, 2 * life)
call("PEXPIRE", index, 2 * life)
return { place, before }
