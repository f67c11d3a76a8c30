-- uses prelude
-- Lets requests wait for another owner.
-- ARGV me, now; then for each request k.
-- Answers a letter for each: K it waits, now or before; F another owns it, or it does not run;
-- G there is none; X the record makes no sense.
local me, now = ARGV[1], ARGV[2]
local letters = {}

local function release(k)
    local row, letter = fields(k, "st", "own", "rev", "pr", "at")
    if not row then return letter end
    local rev = natural_or(2, row[3])
    if not rev or not row[2] then return "X" end
    if row[1] == "A" then return "K" end
    if row[1] ~= "R" or row[2] ~= me then return "F" end
    if not event(k, rev + 1, "released", now) then return "X" end
    call("HSET", P .. "r:" .. k, "st", "A", "rev", string.format("%.0f", rev + 1))
    sure("SREM", P .. "own:" .. me, k)
    enqueue(k, row[4], row[5], now)
    return "K"
end

for i = 3, #ARGV do letters[#letters + 1] = release(ARGV[i]) end
return table.concat(letters)
