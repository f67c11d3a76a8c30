-- uses prelude
-- A tool call with an effect is about to be made: may it?
-- ARGV me, k, "<step> <call>", unsafe (1, 0), a word for this asking (or none).
-- Answers GO, {"SKIP", result} (it happened), UNKNOWN (it may have happened, and must not happen
-- twice), STALE (the request is not this instance's, or has ended), GONE, X (no sense).
-- The same asking gets the same answer again: its word is kept with the intent.
local me, k, field, unsafe, asking = ARGV[1], ARGV[2], ARGV[3], ARGV[4] == "1", ARGV[5] or ""
local row, letter = fields(k, "st", "own", "rev")
if not row then return letter == "G" and "GONE" or "X" end
if row[1] ~= "R" or row[2] ~= me then return "STALE" end
if row[3] and not natural(row[3]) then return "X" end
local key = P .. "fx:" .. k
local known = sure("HGET", key, field)
if known then
    local kind = string.sub(known, 1, 1)
    if kind == "D" then return { "SKIP", string.sub(known, 2) } end
    if not unsafe then return "GO" end
    if kind == "I" and asking ~= "" and string.sub(known, 2) == asking then return "GO" end
    if kind ~= "U" then call("HSET", key, field, "U") end
    return "UNKNOWN"
end
call("HSET", key, field, "I" .. asking)
-- Its events are written out from now on, so that its keys are known to be more than three.
call("HSET", P .. "r:" .. k, "fx", "1", "rev", row[3] or "2")
return "GO"
