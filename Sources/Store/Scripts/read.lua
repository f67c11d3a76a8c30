#!lua flags=no-writes
-- Everything that is kept of a request.
-- ARGV k, the first event wanted.
-- Answers {k, fields, input, output, last kept result, {{step, fields}…}, {{number, fields}…}}, of
-- events those of the stream alone, at most 1000; false where there is none; X (no sense).
local P, k, from = KEYS[1], ARGV[1], ARGV[2]
local try = redis.pcall
local flat = try("HGETALL", P .. "r:" .. k)
if flat.err then return "X" end
if #flat == 0 then return false end

local function text(kind)
    local value = try("GET", P .. kind .. ":" .. k)
    return type(value) == "string" and value
end

local kept = try("HGET", P .. "r:" .. k, "ns")
local function is_natural(value)
    return type(value) == "string" and #value <= 15 and string.find(value, "^%d+$")
end
kept = is_natural(kept) and math.min(1000, tonumber(kept)) or 0
local steps, events = {}, {}
for step = 1, kept + 1 do
    local row = try("HGETALL", P .. "s:" .. k .. ":" .. step)
    if not row.err and #row > 0 then steps[#steps + 1] = { step, row } end
end
local last = false
if kept > 0 then
    last = try("GET", P .. "res:" .. k .. ":" .. kept)
    last = type(last) == "string" and last
end
from = is_natural(from) and from or "0"
local rows = try("XRANGE", P .. "e:" .. k, from, "+", "COUNT", 1000)
if not rows.err then
    for _, row in ipairs(rows) do
        events[#events + 1] = { string.match(row[1], "^%d+"), row[2] }
    end
end
return { k, flat, text("i"), text("o"), last, steps, events }
