-- uses prelude
-- Gives waiting requests to an instance, the highest priority first, then the oldest.
-- ARGV me, now, how many at most.
-- Answers the requests, each {k, fields, input, false, last kept result, steps, {}, words of
-- workers left for the owner}, the last only where there are any; among the fields fn, the number
-- for the tasks of its new owner. NOLEASE where the instance has none. What waits without a sound
-- record is dropped on the way.
local me, now, most = ARGV[1], ARGV[2], math.min(500, tonumber(ARGV[3]) or 0)
if #me > 255 or not sure("ZSCORE", P .. "inst", me) then return "NOLEASE" end
local items = {}
if most < 1 then return items end
local own = P .. "own:" .. me
local waiting = sure("ZRANGE", P .. "ready", 0, most - 1)
if #waiting == 0 then return items end
local fence = new_fence()
if not fence then return redis.error_reply(NO_FENCE) end

-- A lean record stays lean: only its state and its owner change.
local function claim_lean(k, record, length)
    local claimed = "1R" .. string.sub(record, 3, 49) .. string.char(#me)
        .. string.sub(record, 51, 55) .. me .. string.sub(record, 56 + length)
    call("SET", P .. "r:" .. k, claimed)
    local flat = opened(claimed)
    return { k, flat, text(P .. "i:" .. k), false, false, {}, {} }
end

for _, k in ipairs(waiting) do
    local row, letter, flat, _, record = look(k, "st", "rev", "ns", "ag", "own")
    local rev = row and natural_or(0, row[2])
    if row and (not rev or not natural_or(0, row[3])) then letter = "X" end
    if row and not letter and row[1] == "A" then
        if row[2] then
            local step = (natural(row[3]) or 0) + 1
            local agent = step == 1 and row[4] or nil
            local number = string.format("%d", step)
            if not event(k, rev + 1, "dispatched", now, number, nil, agent) then letter = "X" end
        end
        if not letter then
            if flat then
                items[#items + 1] = claim_lean(k, record, #row[5])
            else
                local key = P .. "r:" .. k
                call("HSET", key, "st", "R", "own", me)
                if row[2] then call("HSET", key, "rev", string.format("%.0f", rev + 1)) end
                items[#items + 1] = item(k)
            end
            hand_over(items[#items], fence)
            sure("SADD", own, k)
        end
    end
    if letter == "X" then spoil(k, now) end
    call("ZREM", P .. "ready", k)
end
return items
