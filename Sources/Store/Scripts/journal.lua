-- uses prelude
-- Adds to the journals of requests, from which whoever owns one later goes on.
-- ARGV me, now; then for each request k, how many entries its journal has before these, how many
-- entries, how many bodies; for each entry its bytes and its event, and where that is not empty
-- step, attempt, agent, instance, took, code; for each body its digest and its bytes.
-- Answers a letter for each: K kept, now or before; F another owns the request, or its journal is
-- not there; G there is none; X the record or its journal makes no sense.
-- An entry is kept with the digests of the bodies that came first with it in front: how many (2
-- bytes), and for each its length (2 bytes) and itself.
local me, now = ARGV[1], ARGV[2]
local MOST_ENTRIES = 100000
local NONE = struct.pack(">H", 0)
local letters = {}

-- Bodies that are new, in the form that stands in front of an entry; and their bytes.
local function add_bodies(k, first, count)
    local digests, size = {}, 0
    for i = first, first + 2 * count - 2, 2 do
        if call("HSETNX", P .. "jb:" .. k, ARGV[i], ARGV[i + 1]) == 1 then
            digests[#digests + 1] = struct.pack(">H", #ARGV[i]) .. ARGV[i]
            size = size + #ARGV[i + 1]
        end
    end
    return struct.pack(">H", #digests) .. table.concat(digests), size
end

-- What is there of an earlier request under this key is taken away; whether what is there of this
-- one's values can be read.
local function is_sound(k, length, bodies)
    if length == 0 then
        call("UNLINK", P .. "j:" .. k, P .. "jb:" .. k)
    elseif bodies > 0 then
        return type(try("HLEN", P .. "jb:" .. k)) == "number"
    end
    return true
end

-- Adds entries to a journal that is as long as its record says; any other stays as it is.
local function push(key, length, entries)
    for i = 1, #entries, 1000 do
        local last = math.min(#entries, i + 999)
        local all = try("RPUSH", key, unpack(entries, i, last))
        if all ~= length + last then
            if type(all) == "number" then call("LTRIM", key, 0, all - last - 1) end
            return false
        end
    end
    return true
end

local function journal(k, before, entries, notes, bodies, count)
    local row, letter = fields(k, "st", "own", "rev", "jn", "jz")
    if not row then return letter end
    local rev, length, size = natural_or(2, row[3]), natural_or(0, row[4]), natural_or(0, row[5])
    if not rev or not length or not size or not before or not row[2] then return "X" end
    if row[2] ~= me then return "F" end
    local total = before + #entries
    if length >= total then return "K" end
    if row[1] ~= "R" or length ~= before or total > MOST_ENTRIES then return "F" end
    if not is_sound(k, length, count) then return "X" end
    for _, i in ipairs(notes) do
        rev = rev + 1
        if not event(k, rev, ARGV[i], now, unpack(ARGV, i + 1, i + 6)) then return "X" end
    end
    for _, entry in ipairs(entries) do size = size + #entry end
    local head, added = NONE, 0
    if count > 0 then head, added = add_bodies(k, bodies, count) end
    for i, entry in ipairs(entries) do entries[i] = (i == 1 and head or NONE) .. entry end
    if not push(P .. "j:" .. k, length, entries) then return "X" end
    call("HSET", P .. "r:" .. k, "jn", total, "jz", string.format("%.0f", size + added))
    if #notes > 0 then call("HSET", P .. "r:" .. k, "rev", string.format("%.0f", rev)) end
    return "K"
end

local place = 3
while place <= #ARGV do
    local k, before, count, bodies = unpack(ARGV, place, place + 3)
    local entries, notes = {}, {}
    place = place + 4
    for i = 1, tonumber(count) do
        entries[i] = ARGV[place]
        if ARGV[place + 1] ~= "" then
            notes[#notes + 1] = place + 1
            place = place + 6
        end
        place = place + 2
    end
    bodies = tonumber(bodies)
    letters[#letters + 1] = journal(k, natural(before), entries, notes, place, bodies)
    place = place + 2 * bodies
end
return table.concat(letters)
