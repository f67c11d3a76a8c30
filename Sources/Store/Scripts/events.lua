#!lua flags=no-writes
-- A stretch of a tenant's log of events.
-- ARGV log, the place behind which it begins ($: the end), how many and how many bytes at most; a
-- single event may have more.
-- Answers {the last place, the first that is kept, 1 where there are more, {place, bytes, ...}}.
local P, try = KEYS[1], redis.pcall
local stream, index = P .. "ev:" .. ARGV[1], P .. "ei:" .. ARGV[1]
local most, most_bytes = tonumber(ARGV[3]), tonumber(ARGV[4])
local SLICE = 8

local function rows(command, from, to, count)
    local answer = try(command, stream, from, to, "COUNT", count)
    return answer.err and {} or answer
end

local newest = rows("XREVRANGE", "+", "-", 1)[1]
local oldest = rows("XRANGE", "-", "+", 1)[1]
local last = try("HGET", index, "p")
last = newest and newest[1] or type(last) == "string" and last or "0-0"
local first = oldest and oldest[1] or false
if ARGV[2] == "$" then return { last, first, 0, {} } end
local flat, size, from = {}, 0, ARGV[2]
while #flat < 2 * most do
    local slice = rows("XRANGE", "(" .. from, "+", SLICE)
    if #slice == 0 then return { last, first, 0, flat } end
    for _, row in ipairs(slice) do
        local bytes = row[2][4] or ""
        size = size + #bytes
        if #flat > 0 and size > most_bytes or #flat >= 2 * most then
            return { last, first, 1, flat }
        end
        flat[#flat + 1], flat[#flat + 2] = row[1], bytes
        from = row[1]
    end
end
return { last, first, from ~= last and 1 or 0, flat }
