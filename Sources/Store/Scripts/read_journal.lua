#!lua flags=no-writes
-- A stretch of a request's journal.
-- ARGV k, the place of the first entry wanted (0: the first of all), how many entries and how many
-- bytes at most; a single entry, with the bodies that came first with it, may have more.
-- Answers {how many entries there are in all, the entries, each digest and its body}; false where
-- there is no such request; X the record or its journal makes no sense.
local P, k = KEYS[1], ARGV[1]
local from, most, most_bytes = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local try = redis.pcall
local SLICE = 16

-- A lean record has no journal.
if redis.call("MGET", P .. "r:" .. k)[1] then return { 0, {}, {} } end
local row = try("HMGET", P .. "r:" .. k, "st", "jn")
if row.err then return "X" end
if not row[1] then return redis.call("EXISTS", P .. "r:" .. k) == 1 and "X" end
local text = row[2] or "0"
if #text > 15 or not string.find(text, "^%d+$") then return "X" end
local length = tonumber(text)
if length > 0 and try("LLEN", P .. "j:" .. k) ~= length then return "X" end

-- An item taken apart: the entry, and the digests of the bodies that came first with it.
local function opened(item)
    if #item < 2 then return nil end
    local count, place = struct.unpack(">H", item)
    local digests = {}
    for i = 1, count do
        if #item < place + 1 then return nil end
        local size = struct.unpack(">H", item, place)
        digests[i] = string.sub(item, place + 2, place + 1 + size)
        place = place + 2 + size
    end
    if place > #item + 1 then return nil end
    return string.sub(item, place), digests
end

local entries, bodies, size = {}, {}, 0

-- Adds an item; false where there is no room for it, nil where it makes no sense.
local function add(item)
    local entry, digests = opened(item)
    if not entry then return nil end
    local more = size + #entry
    for _, digest in ipairs(digests) do
        local bytes = try("HSTRLEN", P .. "jb:" .. k, digest)
        if type(bytes) ~= "number" then return nil end
        more = more + bytes
    end
    if #entries > 0 and more > most_bytes then return false end
    for _, digest in ipairs(digests) do
        local body = try("HGET", P .. "jb:" .. k, digest)
        if type(body) ~= "string" then return nil end
        bodies[#bodies + 1], bodies[#bodies + 2] = digest, body
    end
    entries[#entries + 1], size = entry, more
    return true
end

local place = math.max(0, from or 0)
local last = math.min(length, place + math.min(256, most or 0))
while place < last do
    local items = try("LRANGE", P .. "j:" .. k, place, math.min(last, place + SLICE) - 1)
    if items.err or #items == 0 then return "X" end
    for _, item in ipairs(items) do
        local is_added = add(item)
        if is_added == nil then return "X" end
        if not is_added then return { length, entries, bodies } end
    end
    place = place + #items
end
return { length, entries, bodies }
