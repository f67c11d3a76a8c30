#!lua flags=no-writes
-- What agents did, hour by hour, the latest hour last.
-- ARGV now, how many hours (at most 200).
-- Answers {hour, fields}… of the hours in which there was something.
local P = KEYS[1]
local hour = math.floor((tonumber(ARGV[1]) or 0) / 3600000)
local hours = math.max(1, math.min(200, tonumber(ARGV[2]) or 1))
local answer = {}
for number = hour - hours + 1, hour do
    local name = string.format("%d", number)
    local flat = redis.pcall("HGETALL", P .. "m:" .. name)
    if not flat.err and #flat > 0 then answer[#answer + 1] = { name, flat } end
end
return answer
