-- uses prelude
-- A person says what came of a request that is uncertain.
-- ARGV now, k, verdict (D it was done, F it failed, A try again), who, code, size, output; and,
-- or not, retention in ms, how many and how many bytes are kept, how many dead letters.
-- Answers K (so it is, now or since before), G there is none, X the record makes no sense, or the
-- letter of the state it is in instead.
local now, k, verdict, who, code, size, output = unpack(ARGV, 1, 7)
local key = P .. "r:" .. k
local row, letter = fields(k, "st", "tn", "rev", "ns", "rs", "pr", "at", "jz")
if not row then return letter end
local rev, kept = natural(row[3]), natural_or(0, row[4])
local ending = verdict == "D" and "S" or verdict == "F" and "F" or nil
if row[1] ~= "U" then
    local decided = row[5] == verdict
    if decided and (row[1] == ending or not ending and (row[1] == "A" or row[1] == "R")) then
        return "K"
    end
    return row[1]
end
if not rev or not kept or not row[2] then return "X" end
if not event(k, rev + 1, "resolved", now, string.format("%d", kept + 1), nil, nil, nil, nil, who)
then
    return "X"
end
local step = P .. "s:" .. k .. ":" .. (kept + 1)
sure("ZREM", P .. "unc", k)
if not ending then
    call("UNLINK", step)
    -- What the step only meant to do, or may have done, it may do now: a person said so.
    local effects, mine = sure("HGETALL", P .. "fx:" .. k) or {}, (kept + 1) .. " "
    for at = 1, math.min(#effects, 2000), 2 do
        if string.sub(effects[at], 1, #mine) == mine and string.sub(effects[at + 1], 1, 1) ~= "D"
        then
            call("HDEL", P .. "fx:" .. k, effects[at])
        end
    end
    call("HSET", key, "st", "A", "rs", verdict, "rev", string.format("%.0f", rev + 1))
    enqueue(k, row[6], row[7], now)
    return "K"
end
event(k, rev + 2, WORDS[ending], now, nil, nil, nil, nil, nil, code)
local attempt = sure("HMGET", step, "att", "in")
call("HSET", key, "st", ending, "rs", verdict, "en", now, "att", attempt[1] or "0",
    "in", attempt[2] or "", "tk", "0", "rev", string.format("%.0f", rev + 2))
if code and code ~= "" then call("HSET", key, "cd", code) end
if call("HEXISTS", key, "hn") == 1 then dismiss(k, now) end
if output and output ~= "" then call("SET", P .. "o:" .. k, output) end
quota(row[2], -1)
bury(k, now, with_journal(size, row[8]), true)
if ARGV[10] then trim(now, ARGV[8], tonumber(ARGV[9]), tonumber(ARGV[10]), 10) end
return "K"
