#!lua
-- Writes copies of a request under keys that a user chose, for readers of the old kind.
-- ARGV the beginning of the keys, id, agent, the request as JSON, its seconds to live, figures as
-- JSON (empty: it has not ended), their seconds to live, succeeded (1, 0), took in ms.
-- Answers OK.
local J, id, agent = ARGV[1], ARGV[2], ARGV[3]
local call, try = redis.call, redis.pcall
call("SETEX", J .. "request:" .. id, ARGV[5], ARGV[4])
if ARGV[6] == "" then return "OK" end
call("SETEX", J .. "metrics:" .. id, ARGV[7], ARGV[6])
-- These keys are the user's: where one is in another's use, it is left alone.
local key = J .. "metrics:agent:" .. agent
try("HINCRBY", key, "calls", 1)
if ARGV[8] ~= "1" then try("HINCRBY", key, "failures", 1) end
try("HINCRBY", key, "total_ms", ARGV[9])
return "OK"
