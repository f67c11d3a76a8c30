-- uses prelude
-- Keeps requests of which nobody can know what came of them, until a person decides.
-- ARGV me, now; then for each request k, step, attempt, agent, instance, reason.
-- Answers a letter for each: K kept, now or before; F another owns the request, or it is not at
-- this step; G there is none; X the record makes no sense.
local me, now = ARGV[1], ARGV[2]
local letters = {}

local function park(k, step, attempt, agent, instance, reason)
    local row, letter = fields(k, "st", "own", "rev", "ns")
    if not row then return letter end
    local rev, kept = natural_or(2, row[3]), natural_or(0, row[4])
    if not rev or not kept or not row[2] then return "X" end
    if row[2] ~= me then return "F" end
    if row[1] == "U" then return "K" end
    if row[1] ~= "R" or natural(step) ~= kept + 1 then return "F" end
    if not event(k, rev + 1, "uncertain", now, step, attempt, agent, instance, nil, reason) then
        return "X"
    end
    sure("HSET", P .. "s:" .. k .. ":" .. (kept + 1), "st", "U", "att", attempt, "ag", agent,
        "in", instance, "at", now)
    call("HSET", P .. "r:" .. k, "st", "U", "rev", string.format("%.0f", rev + 1))
    call("HDEL", P .. "r:" .. k, "rs")
    sure("SREM", P .. "own:" .. me, k)
    sure("ZADD", P .. "unc", now, k)
    return "K"
end

for i = 3, #ARGV, 6 do letters[#letters + 1] = park(unpack(ARGV, i, i + 5)) end
return table.concat(letters)
