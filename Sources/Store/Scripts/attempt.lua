-- uses prelude
-- Notes how often steps were given away, before they are once more: whoever has the request later
-- goes on counting from there.
-- ARGV me, now; then for each request k, the attempt that is about to be made.
-- Answers a letter for each: K kept, now or before; F another owns the request, or it does not run;
-- G there is none; X the record makes no sense.
local me = ARGV[1]
local letters = {}

local function note(k, attempt)
    local row, letter = fields(k, "st", "own", "na")
    if not row then return letter end
    if row[1] ~= "R" or row[2] ~= me then return "F" end
    local known, number = natural_or(1, row[3]), natural(attempt)
    if not number then return "X" end
    if not known or known < number then call("HSET", P .. "r:" .. k, "na", attempt) end
    return "K"
end

for i = 3, #ARGV, 2 do letters[#letters + 1] = note(ARGV[i], ARGV[i + 1]) end
return table.concat(letters)
