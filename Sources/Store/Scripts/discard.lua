-- uses prelude
-- Lets a dead letter go: it is forgotten as any other request is.
-- ARGV now, k.
-- Answers K (now or before), N it is no dead letter, G there is none, X it makes no sense.
local now, k = ARGV[1], ARGV[2]
local row, letter = fields(k, "st", "dw", "sz", "rev", "jn")
if not row then return letter end
if row[1] ~= "F" or not row[2] then return "N" end
if row[2] == "0" then return "K" end
sure("ZREM", P .. "dlq", k)
call("HDEL", P .. "r:" .. k, "sz")
call("HSET", P .. "r:" .. k, "dw", "0")
bury(k, now, row[3] or weight(k), row[4] or row[5])
return "K"
