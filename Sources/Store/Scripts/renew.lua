-- uses prelude
-- Keeps the lease of an instance, and tells what it must know.
-- ARGV me, lease in ms, the generation it knows.
-- Answers {"OK", now in ms, requests that wait, frozen agents and reasons flat}, {"LOST"} (it is
-- counted as dead), {"WIPED"} (these are not the data it left).
local me, lease, generation = ARGV[1], ARGV[2], ARGV[3]
if text(P .. "gen") ~= generation then return { "WIPED" } end
if not sure("ZSCORE", P .. "inst", me) then return { "LOST" } end
local time = call("TIME")
local now = time[1] * 1000 + math.floor(time[2] / 1000)
now = math.max(now, natural(text(P .. "now")) or 0)
local moment = string.format("%.0f", now)
call("SET", P .. "now", moment)
call("ZADD", P .. "inst", string.format("%.0f", now + lease), me)
return { "OK", moment, sure("ZCARD", P .. "ready"), sure("HGETALL", P .. "frozen") }
