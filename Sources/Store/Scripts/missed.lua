#!lua flags=no-writes
-- Of instances that somebody was cut off from, those that do not renew their lease either.
-- ARGV how long before its end a lease is no longer renewed in time, in ms; then names of
-- instances, without numbers.
-- Answers the names of those whose lease has not more than that left, at most 100.
local P, most = KEYS[1], tonumber(ARGV[1]) or 0
local time = redis.call("TIME")
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local last = redis.pcall("GET", P .. "now")
now = math.max(now, type(last) == "string" and #last <= 15 and tonumber(last) or 0)
local cut, names = {}, {}
for i = 2, #ARGV do cut[ARGV[i]] = true end
local limit = "(" .. string.format("%.0f", now + most)
local rows = redis.pcall("ZRANGEBYSCORE", P .. "inst", "-inf", limit, "LIMIT", 0, 100)
if rows.err then return names end
for _, name in ipairs(rows) do
    if cut[string.match(name, "^(.*)#") or ""] then names[#names + 1] = name end
end
return names
