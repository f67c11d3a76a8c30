#!lua flags=no-writes
-- Instances whose work may have to be taken over: their lease is over, or they are dead already.
-- No ARGV. Answers their names, at most 200.
local P = KEYS[1]
local time = redis.call("TIME")
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local last = redis.pcall("GET", P .. "now")
last = type(last) == "string" and #last <= 15 and tonumber(last) or 0
now = string.format("%.0f", math.max(now, last))
local names = {}
local function add(rows)
    if rows.err then return end
    for _, name in ipairs(rows) do names[#names + 1] = name end
end
add(redis.pcall("ZRANGEBYSCORE", P .. "inst", "-inf", "(" .. now, "LIMIT", 0, 100))
add(redis.pcall("ZRANGE", P .. "dead", 0, 99))
return names
