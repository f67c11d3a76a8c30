-- uses prelude
-- Looks at a part of what is there, another part each time, and mends what does not fit together.
-- ARGV me, how many of each kind to look at, now.
-- Answers how many were mended: {in hand, waiting, uncertain, dead letters, records, tasks for
-- people}: members without a sound record or with another state are dropped; a record that its
-- index has lost is put back, and an owner nobody knows of is counted as dead, so that its work is
-- taken over.
local me, most = ARGV[1], math.max(1, math.min(500, tonumber(ARGV[2]) or 0))
local time = call("TIME")
local now = ARGV[3] or string.format("%.0f", time[1] * 1000 + math.floor(time[2] / 1000))
local cursors = P .. "mend"

local function drop_owned()
    local mended = 0
    for _, k in ipairs(sure("SRANDMEMBER", P .. "own:" .. me, most)) do
        local row, letter = look(k, "st", "own", "rev", "ns")
        local sound = row and natural_or(0, row[3]) and natural_or(0, row[4])
        if letter == "X" or row and not sound then spoil(k, now) end
        if not sound or row[1] ~= "R" or row[2] ~= me then
            mended = mended + call("SREM", P .. "own:" .. me, k)
        end
    end
    return mended
end

local function drop_listed(name, state)
    local key, mended = P .. name, 0
    local from = natural(sure("HGET", cursors, name)) or 0
    local found = sure("ZRANGE", key, from, from + most - 1)
    for _, k in ipairs(found) do
        local row, letter = look(k, "st", "dw")
        if letter == "X" then spoil(k, now) end
        if not row or row[1] ~= state or state == "F" and row[2] ~= "1" then
            mended = mended + call("ZREM", key, k)
        end
    end
    local to = #found < most and 0 or from + most - mended
    sure("HSET", cursors, name, string.format("%.0f", to))
    return mended
end

local function is_listed(name, k) return sure("ZSCORE", P .. name, k) end

-- Puts a record back where it belongs; 1 where it was not there.
local function put_back(k)
    local row = look(k, "st", "own", "rev", "ns", "pr", "at", "dw")
    if not row or not natural_or(0, row[3]) or not natural_or(0, row[4]) then
        spoil(k, now)
        return 0
    end
    local state, owner = row[1], row[2]
    if state == "A" and not is_listed("ready", k) then
        enqueue(k, row[5], row[6], now)
        return 1
    elseif state == "U" and not is_listed("unc", k) then
        sure("ZADD", P .. "unc", now, k)
        return 1
    elseif state == "F" and row[7] == "1" and not is_listed("dlq", k) then
        sure("ZADD", P .. "dlq", now, k)
        return 1
    elseif state == "R" and (not owner or owner == "") then
        spoil(k, now)
    elseif state == "R" then
        local added = sure("SADD", P .. "own:" .. owner, k)
        if is_listed("inst", owner) or is_listed("dead", owner) then return added end
        sure("ZADD", P .. "dead", now, owner)
        return 1
    end
    return 0
end

local function put_back_records()
    local pattern = string.gsub(P, "[%*%?%[%]%^%\\]", "\\%0") .. "r:*"
    local cursor = sure("HGET", cursors, "scan") or "0"
    if not string.find(cursor, "^%d+$") or #cursor > 20 then cursor = "0" end
    local page = call("SCAN", cursor, "MATCH", pattern, "COUNT", most)
    local mended, begins = 0, #P + 3
    for _, key in ipairs(page[2]) do mended = mended + put_back(string.sub(key, begins)) end
    sure("HSET", cursors, "scan", page[1])
    return mended
end

-- Tasks of people that are gone, or whose request has ended.
local function drop_tasks()
    local key, mended = P .. "human", 0
    local from = natural(sure("HGET", cursors, "human")) or 0
    local found = sure("ZRANGE", key, from, from + most - 1)
    for _, p in ipairs(found) do
        local task = sure("HMGET", P .. "human:" .. p, "st", "k", "td")
        local row = task[2] and look(task[2], "st")
        if not task[1] or not task[3] then
            mended = mended + call("ZREM", key, p)
        elseif task[1] ~= "O" or not row or STATES[row[1]] == 2 then
            close_task(p, task[3], task[1] == "O" and "W" or task[1], now)
            mended = mended + 1
        end
    end
    local to = #found < most and 0 or from + most - mended
    sure("HSET", cursors, "human", string.format("%.0f", to))
    return mended
end

return {
    drop_owned(), drop_listed("ready", "A"), drop_listed("unc", "U"), drop_listed("dlq", "F"),
    put_back_records(), drop_tasks(),
}
