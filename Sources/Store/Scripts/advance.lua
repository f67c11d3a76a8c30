-- uses prelude
-- Keeps results of steps, each of which is what the next step is given.
-- ARGV me, now; then for each step k, step, attempt, agent, instance, took, agent of the next
-- step, size, result.
-- Answers a letter for each: K kept, now or before; F another owns the request, or it is not at
-- this step; G there is none; X the record makes no sense.
local me, now = ARGV[1], ARGV[2]
local letters = {}

local function advance(k, step, attempt, agent, instance, took, following, _, result)
    local row, letter = fields(k, "st", "own", "rev", "ns")
    if not row then return letter end
    local rev, kept, number = natural_or(2, row[3]), natural_or(0, row[4]), natural(step)
    if not rev or not kept or not row[2] then return "X" end
    if row[2] ~= me then return "F" end
    if number and number <= kept then return "K" end
    if row[1] ~= "R" or number ~= kept + 1 or number > MOST_STEPS then return "F" end
    if not event(k, rev + 1, "done", now, step, attempt, agent, instance, took) then return "X" end
    event(k, rev + 2, "dispatched", now, string.format("%d", number + 1), nil, following)
    sure("HSET", P .. "s:" .. k .. ":" .. number, "st", "D", "att", attempt, "ag", agent,
        "in", instance, "at", now, "tk", took)
    call("SET", P .. "res:" .. k .. ":" .. number, result)
    call("HSET", P .. "r:" .. k, "rev", string.format("%.0f", rev + 2), "ns", number)
    return "K"
end

for i = 3, #ARGV, 9 do letters[#letters + 1] = advance(unpack(ARGV, i, i + 8)) end
return table.concat(letters)
