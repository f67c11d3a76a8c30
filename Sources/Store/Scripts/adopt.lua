-- uses prelude
-- Takes over what a dead instance had in hand, a slice at a time.
-- ARGV me, the dead one, grace in ms (below 0: that much before the end of its lease), force (1: it
-- is my own earlier self), how many at most.
-- Answers {how many are left, requests…}, each as `claim` gives them; ALIVE where its lease and
-- the grace are not over; NOLEASE where I have none. What it had in hand without a sound record,
-- or with another owner, is dropped on the way.
local me, dead, grace, force = ARGV[1], ARGV[2], tonumber(ARGV[3]) or 0, ARGV[4] == "1"
local most = math.max(1, math.min(500, tonumber(ARGV[5]) or 0))
if not sure("ZSCORE", P .. "inst", me) then return "NOLEASE" end
if me == dead then return "ALIVE" end
local time = call("TIME")
local now = time[1] * 1000 + math.floor(time[2] / 1000)
now = math.max(now, natural(text(P .. "now")) or 0)
local moment = string.format("%.0f", now)
local lease = sure("ZSCORE", P .. "inst", dead)
if lease then
    if not force and now < tonumber(lease) + grace then return "ALIVE" end
    call("ZREM", P .. "inst", dead)
    sure("ZADD", P .. "dead", moment, dead)
end

local theirs, mine = P .. "own:" .. dead, P .. "own:" .. me
local items, owned = {}, sure("SRANDMEMBER", theirs, most)
local fence = #owned > 0 and new_fence()
if #owned > 0 and not fence then return redis.error_reply(NO_FENCE) end
for _, k in ipairs(owned) do
    local row, letter, flat, output = look(k, "st", "own", "rev", "ns")
    local rev = row and natural_or(2, row[3])
    if row and (not rev or not natural_or(0, row[4])) then letter = "X" end
    if row and not letter and row[1] == "R" and row[2] == dead then
        if event(k, rev + 1, "adopted", moment, nil, nil, nil, nil, nil, me) then
            local number = string.format("%.0f", rev + 1)
            if flat then
                for i = 1, #flat, 2 do
                    if flat[i] == "own" then flat[i + 1] = me end
                end
                flat[#flat + 1], flat[#flat + 2] = "rev", number
                thaw(k, flat, output)
                items[#items + 1] = { k, flat, text(P .. "i:" .. k), false, false, {}, {} }
            else
                call("HSET", P .. "r:" .. k, "own", me, "rev", number)
                items[#items + 1] = item(k)
            end
            hand_over(items[#items], fence)
            sure("SADD", mine, k)
        else
            letter = "X"
        end
    end
    if letter == "X" then spoil(k, moment) end
    call("SREM", theirs, k)
end
local left = sure("SCARD", theirs)
if left == 0 then sure("ZREM", P .. "dead", dead) end
return { left, unpack(items) }
