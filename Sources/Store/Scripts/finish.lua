-- uses prelude
-- Keeps how requests ended, and forgets as many old ones as it may.
-- ARGV me, now, retention in ms, how many and how many bytes are kept, how many dead letters; then
-- for each request k, state (S F C E), step, attempt, agent, instance, code, took, dead (1, 0),
-- size, output, projected (1, 0).
-- Answers a letter for each: K kept, F another owns it or it ended otherwise, G there is none,
-- X the record makes no sense.
local me, now, dead_kept = ARGV[1], ARGV[2], tonumber(ARGV[6])
local argc = #ARGV
if (argc - 6) % 12 ~= 0 or argc > 6006 then return redis.error_reply("ARGS of finish") end
local record, output = P .. "r:", P .. "o:"
local letters, n = {}, 0
local outputs, gone, buried, dead, bytes = {}, {}, {}, {}, 0
local left, agents = {}, {}

local function same_ending(key, i)
    local row = call("HMGET", key, "st", "att", "in")
    local same = row[1] == ARGV[i + 1] and row[2] == ARGV[i + 3] and row[3] == ARGV[i + 5]
    return same and "K" or "F"
end

-- Why a request cannot end so, or nil and its number of events.
local function refusal(key, i, row)
    local state = row[1]
    if row.err then return "X" end
    if state == "R" then
        if not row[3] or not row[2] or STATES[ARGV[i + 1]] ~= 2 then return "X" end
        if row[2] ~= me then return "F" end
        if not row[4] then return nil end
        local rev = natural(row[4])
        if not rev then return "X" end
        return nil, rev
    end
    if not state then return call("EXISTS", key) == 1 and "X" or "G" end
    if STATES[state] == 2 then return same_ending(key, i) end
    return STATES[state] and "F" or "X"
end

local function events(k, i, rev)
    local letter, step, attempt = ARGV[i + 1], ARGV[i + 2], ARGV[i + 3]
    local agent, instance, code, took = ARGV[i + 4], ARGV[i + 5], ARGV[i + 6], ARGV[i + 7]
    return event(k, rev + 1, "done", now, step, attempt, agent, instance, took, code)
        and event(k, rev + 2, WORDS[letter], now, nil, nil, nil, nil, nil, code)
end

for i = 7, argc, 12 do
    n = n + 1
    local k = ARGV[i]
    local key = record .. k
    local row = try("HMGET", key, "st", "own", "tn", "rev")
    local letter, rev = refusal(key, i, row)
    if not letter and rev and not events(k, i, rev) then letter = "X" end
    if not letter then
        letter = "K"
        local agent, code, took, size = ARGV[i + 4], ARGV[i + 6], ARGV[i + 7], ARGV[i + 9]
        call("HSET", key, "st", ARGV[i + 1], "en", now, "in", ARGV[i + 5], "att", ARGV[i + 3],
            "tk", took)
        if code ~= "" then call("HSET", key, "cd", code) end
        if rev then call("HSET", key, "rev", string.format("%.0f", rev + 2)) end
        outputs[#outputs + 1] = output .. k
        outputs[#outputs + 1] = ARGV[i + 10]
        gone[#gone + 1] = k
        local tenant = row[3]
        left[tenant] = (left[tenant] or 0) - 1
        if ARGV[i + 8] == "1" then
            call("HSET", key, "dw", "1", "sz", size)
            dead[#dead + 1] = now
            dead[#dead + 1] = k
        else
            buried[#buried + 1] = k .. " " .. now .. " " .. size .. (rev and " +" or " -")
            bytes = bytes + tonumber(size)
        end
        if agent ~= "" then
            local sum = agents[agent]
            if not sum then
                sum = { 0, 0, 0 }
                agents[agent] = sum
            end
            sum[1] = sum[1] + 1
            if code ~= "" then sum[2] = sum[2] + 1 end
            sum[3] = sum[3] + (tonumber(took) or 0)
        end
    end
    letters[n] = letter
end

-- The oldest dead letters go the way of all others when there are too many.
local function overflow()
    local over = sure("ZCARD", P .. "dlq") - dead_kept
    if over <= 0 then return end
    local oldest = call("ZRANGE", P .. "dlq", 0, math.min(over, #dead + 8) - 1)
    for _, k in ipairs(oldest) do
        call("ZREM", P .. "dlq", k)
        local row = fields(k, "st", "sz", "rev")
        if row and row[1] == "F" then
            call("HDEL", record .. k, "sz")
            call("HSET", record .. k, "dw", "0")
            bury(k, now, row[2] or weight(k), row[3])
        end
    end
end

if #gone > 0 then
    call("MSET", unpack(outputs))
    sure("SREM", P .. "own:" .. me, unpack(gone))
    for tenant, change in pairs(left) do quota(tenant, change) end
    if #buried > 0 then
        sure("RPUSH", P .. "fin", unpack(buried))
        sure("INCRBY", P .. "finb", string.format("%.0f", bytes))
    end
    if #dead > 0 then
        sure("ZADD", P .. "dlq", unpack(dead))
        overflow()
    end
    local hour = P .. "m:" .. math.floor(now / 3600000)
    for agent, sum in pairs(agents) do
        if sure("HINCRBY", hour, agent .. " n", sum[1]) == sum[1] then
            call("EXPIRE", hour, 608400, "NX")
        end
        if sum[2] > 0 then sure("HINCRBY", hour, agent .. " f", sum[2]) end
        sure("HINCRBY", hour, agent .. " ms", string.format("%.0f", sum[3]))
    end
end
trim(now, ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5]), 2 * n + 8)
return table.concat(letters)
