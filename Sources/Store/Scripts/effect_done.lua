-- uses prelude
-- Keeps the result of a tool call: the world did it, whoever owns the request now.
-- ARGV me, k, "<step> <call>", result.
-- Answers OK, STALE (the request has ended), GONE, X (its record makes no sense).
local k, field, result = ARGV[2], ARGV[3], ARGV[4]
local row, letter = fields(k, "st", "rev")
if not row then return letter == "G" and "GONE" or "X" end
if STATES[row[1]] == 2 then return "STALE" end
if row[2] and not natural(row[2]) then return "X" end
sure("HSET", P .. "fx:" .. k, field, "D" .. result)
call("HSET", P .. "r:" .. k, "fx", "1", "rev", row[2] or "2")
return "OK"
