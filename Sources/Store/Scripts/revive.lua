-- uses prelude
-- Tries a dead letter again: it waits for an owner, with what was kept of its steps.
-- ARGV now, k, who.
-- Answers K (now or before), G there is none, X the record makes no sense, or the letter of the
-- state it is in where it is no dead letter.
local now, k, who = ARGV[1], ARGV[2], ARGV[3]
local row, letter = fields(k, "st", "dw", "tn", "rev", "ns", "rs", "pr", "at", "en", "att", "ag",
    "in", "tk", "cd")
if not row then return letter end
local state, dead = row[1], row[2] == "1"
if state ~= "F" or not dead then
    local revived = row[6] == "V" and (state == "A" or state == "R")
    return revived and "K" or state
end
local key = P .. "r:" .. k
local rev, kept, at = natural_or(4, row[4]), natural_or(0, row[5]), natural_or(0, row[9])
if not rev or not kept or not at or not row[3] then return "X" end
if not row[4] then
    -- Its first events could be told from its record, which changes now.
    local ended, code = string.format("%.0f", at), row[14]
    if not event(k, 3, "done", ended, "1", row[10], row[11], row[12], row[13], code) then
        return "X"
    end
    event(k, 4, "failed", ended, nil, nil, nil, nil, nil, code)
end
if not event(k, rev + 1, "revived", now, nil, nil, nil, nil, nil, who) then return "X" end
call("UNLINK", P .. "o:" .. k, P .. "s:" .. k .. ":" .. (kept + 1))
call("HDEL", key, "en", "in", "att", "tk", "cd", "dw", "sz")
call("HSET", key, "st", "A", "rs", "V", "rev", string.format("%.0f", rev + 1))
sure("ZREM", P .. "dlq", k)
enqueue(k, row[7], row[8], now)
quota(row[3], 1)
return "K"
