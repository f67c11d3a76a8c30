#!lua flags=no-writes
-- Everything that is kept of a request.
-- ARGV k, the first event wanted.
-- Answers {k, fields, input, output, last kept result, {{step, fields, the beginning of its kept
-- result, its length}…}, {{number, fields}…}, words of workers left for its owner}, of events those
-- of the stream alone, at most 1000, of words only where there are any; false where there is none;
-- X (no sense).
local P, k, from = KEYS[1], ARGV[1], ARGV[2]
local try = redis.pcall
-- Stages whose results are shown, and as much of each as an envelope and 4 KiB take.
local RESULTS, PIECE = 32, 2 + 4096 + 4096 - 1
-- Takes a lean record apart: its fields as of a hash, its output; nil where it makes no sense.
local function opened(record)
    if #record < 55 or string.sub(record, 1, 1) ~= "1" then return nil end
    local at, deadline, ended, took, attempt, priority, own, tenant, id, agent, instance, code =
        struct.unpack(">I6I6I6I4HBBBBBBB", record, 25)
    local place = 56
    local function cut(count)
        place = place + count
        return string.sub(record, place - count, place - 1)
    end
    local flat = { "v", "1", "st", string.sub(record, 2, 2), "bh", string.sub(record, 3, 24),
        "at", string.format("%.0f", at), "dl", string.format("%.0f", deadline) }
    local function add(name, value)
        flat[#flat + 1] = name
        flat[#flat + 1] = value
    end
    add("own", cut(own))
    add("tn", cut(tenant))
    add("id", cut(id))
    add("ag", cut(agent))
    instance, code = cut(instance), cut(code)
    if priority > 0 then add("pr", string.format("%d", priority)) end
    if ended > 0 then
        add("en", string.format("%.0f", ended))
        add("in", instance)
        add("att", string.format("%d", attempt))
        add("tk", string.format("%.0f", took))
        if code ~= "" then add("cd", code) end
    end
    if place > #record + 1 or ended == 0 and place <= #record then return nil end
    return flat, ended > 0 and string.sub(record, place)
end

local function text(kind)
    local value = try("GET", P .. kind .. ":" .. k)
    return type(value) == "string" and value
end

local words = try("HVALS", P .. "d:" .. k)
words = not words.err and #words > 0 and words or nil
local key = P .. "r:" .. k
local record = redis.call("MGET", key)[1]
if record then
    local fields, output = opened(record)
    if not fields then return "X" end
    return { k, fields, text("i"), output, false, {}, {}, words }
end
local flat = try("HGETALL", key)
if flat.err then return "X" end
if #flat == 0 then return false end

local kept = try("HGET", P .. "r:" .. k, "ns")
local function is_natural(value)
    return type(value) == "string" and #value <= 15 and string.find(value, "^%d+$")
end
kept = is_natural(kept) and math.min(1000, tonumber(kept)) or 0
local steps, events = {}, {}
for step = 1, kept + 1 do
    local row = try("HGETALL", P .. "s:" .. k .. ":" .. step)
    if #row == 0 and not row.err then break end
    if not row.err then
        local result, length = false, 0
        if step <= RESULTS then
            result = try("GETRANGE", P .. "res:" .. k .. ":" .. step, 0, PIECE)
            length = try("STRLEN", P .. "res:" .. k .. ":" .. step)
        end
        local is_there = type(result) == "string" and result ~= ""
        steps[#steps + 1] = is_there and { step, row, result, length } or { step, row }
    end
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
return { k, flat, text("i"), text("o"), last, steps, events, words }
