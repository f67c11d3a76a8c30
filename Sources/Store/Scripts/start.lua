-- uses prelude
-- Notes that steps which must not run twice begin.
-- ARGV me, now; then for each step k, step, attempt, agent, instance.
-- Answers a letter for each: K kept, now or before; F another owns the request, or it is not at
-- this step; G there is none; X the record makes no sense.
local me, now = ARGV[1], ARGV[2]
local letters = {}

local function start(k, step, attempt, agent, instance)
    local row, letter = fields(k, "st", "own", "rev", "ns")
    if not row then return letter end
    local rev, kept, number = natural_or(2, row[3]), natural_or(0, row[4]), natural(step)
    if not rev or not kept or not row[2] then return "X" end
    if row[2] ~= me then return "F" end
    if number and number <= kept then return "K" end
    if number ~= kept + 1 then return "F" end
    local key = P .. "s:" .. k .. ":" .. number
    local before = natural(sure("HGET", key, "att"))
    if before and before >= (natural(attempt) or 0) then return "K" end
    if row[1] ~= "R" then return "F" end
    if not event(k, rev + 1, "started", now, step, attempt, agent, instance) then return "X" end
    call("HSET", key, "st", "S", "att", attempt, "ag", agent, "in", instance, "at", now)
    call("HSET", P .. "r:" .. k, "rev", string.format("%.0f", rev + 1))
    return "K"
end

for i = 3, #ARGV, 5 do letters[#letters + 1] = start(unpack(ARGV, i, i + 4)) end
return table.concat(letters)
