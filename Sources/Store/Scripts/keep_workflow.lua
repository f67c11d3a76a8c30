#!lua
-- Keeps a workflow's text under its digest; where it is kept already, for longer. Refused when
-- memory is full.
-- ARGV digest, its life in seconds, the text.
-- Answers OK.
local key, life = KEYS[1] .. "wf:" .. ARGV[1], ARGV[2]
-- A key of another type holds nothing of use.
if type(redis.pcall("STRLEN", key)) == "table" then redis.call("UNLINK", key) end
if not redis.call("SET", key, ARGV[3], "EX", life, "NX") then redis.call("EXPIRE", key, life) end
return "OK"
