#!lua
-- An instance comes: it gets a lease and an epoch that nobody had before it.
-- ARGV name, lease in ms, a random word.
-- Answers {epoch, generation of the data, now in ms}; the error VERSION where the keys are of
-- another format, CORRUPT where the counter of epochs is.
local P = KEYS[1]
local call, try = redis.call, redis.pcall
local version = try("SET", P .. "v", "1", "NX", "GET")
if version and version ~= "1" then
    return redis.error_reply("VERSION " .. (type(version) == "string" and version or "unknown"))
end
local epoch = try("INCR", P .. "tok")
if type(epoch) ~= "number" then
    return redis.error_reply(
        "CORRUPT " .. P .. "tok is no number: set it above all epochs, or restore a backup")
end
call("SET", P .. "gen", ARGV[3], "NX")
local time = call("TIME")
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local last = try("GET", P .. "now")
last = type(last) == "string" and #last <= 15 and tonumber(last) or 0
now = math.max(now, last)
local number, moment = string.format("%.0f", epoch), string.format("%.0f", now)
call("SET", P .. "now", moment)
local lease = string.format("%.0f", now + ARGV[2])
local me = ARGV[1] .. "#" .. number
-- Where the data was lost the counter began anew: another may have had this number.
try("ZREM", P .. "dead", me)
if type(try("ZADD", P .. "inst", lease, me)) == "table" then
    call("UNLINK", P .. "inst")
    call("ZADD", P .. "inst", lease, me)
end
return { number, call("GET", P .. "gen"), moment }
