-- uses prelude
-- Ends a request that nobody has in hand.
-- ARGV now, k, who.
-- Answers K (cancelled, now or before), R (it runs: its owner must be asked), G there is none,
-- X the record makes no sense, or the letter of the state it ended in.
local now, k, who = ARGV[1], ARGV[2], ARGV[3]
local row, letter = fields(k, "st", "tn", "rev", "jn")
if not row then return letter end
if row[1] == "C" then return "K" end
if row[1] ~= "A" and row[1] ~= "U" then return row[1] end
local key = P .. "r:" .. k
local rev = natural_or(0, row[3])
if not rev or not row[2] then return "X" end
if row[3] and not event(k, rev + 1, "cancelled", now, nil, nil, nil, nil, nil, who) then
    return "X"
end
call("HSET", key, "st", "C", "en", now, "in", "", "att", "0", "tk", "0")
if who ~= "" then call("HSET", key, "cd", who) end
if row[3] then call("HSET", key, "rev", string.format("%.0f", rev + 1)) end
if call("HEXISTS", key, "hn") == 1 then dismiss(k, now) end
sure("ZREM", P .. "ready", k)
sure("ZREM", P .. "unc", k)
quota(row[2], -1)
bury(k, now, weight(k), row[3] or row[4])
return "K"
