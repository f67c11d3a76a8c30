#!lua
-- Keeps new requests, or says what is known of them. Refused as a whole when memory is full.
-- ARGV me, now, how many may wait, how many a tenant may have; then for each request
-- k, id, tenant, agent, body digest, deadline, priority, waits (1, 0), input.
-- Answers a letter for each: A kept, W kept and waits; known with the same body: O this instance
-- has it in hand, R another, P it waits, U it is uncertain, T it ended; C known with another
-- body; nothing kept: Q its tenant has too many, B too many wait; X the record makes no sense.
local P, me, now = KEYS[1], ARGV[1], ARGV[2]
local most_waiting, most_held = tonumber(ARGV[3]), tonumber(ARGV[4])
local call, try = redis.call, redis.pcall
local KNOWN = { A = "P", U = "U", S = "T", F = "T", C = "T", E = "T" }
local argc = #ARGV
if (argc - 4) % 9 ~= 0 or argc > 4504 then return redis.error_reply("ARGS of accept") end

-- Makes a call on an index; one that cannot be used is taken away first.
local function sure(command, key, ...)
    local answer = try(command, key, ...)
    if type(answer) ~= "table" or not answer.err then return answer end
    if command == "HINCRBY" and string.sub(answer.err, 1, 9) ~= "WRONGTYPE" then
        call("HDEL", key, (...))
    else
        call("UNLINK", key)
    end
    return call(command, key, ...)
end

local record, input = P .. "r:", P .. "i:"
local keys, letters, n = {}, {}, 0
for i = 5, argc, 9 do
    n = n + 1
    keys[n] = record .. ARGV[i]
end
if n == 0 then return "" end
local none_known = call("EXISTS", unpack(keys)) == 0
local seen, inputs, owned, waiting = {}, {}, {}, {}
local held, added = {}, {}
local in_queue

local function known(key, body)
    local row = try("HMGET", key, "st", "bh", "own")
    if row.err or not row[1] or not row[2] then
        return (row.err or call("EXISTS", key) == 1) and "X" or nil
    end
    if row[2] ~= body then return "C" end
    if row[1] == "R" then return row[3] == me and "O" or row[3] and "R" or "X" end
    return KNOWN[row[1]] or "X"
end

n = 0
for i = 5, argc, 9 do
    n = n + 1
    local key = keys[n]
    local letter
    if not none_known or seen[key] then letter = known(key, ARGV[i + 4]) end
    if not letter then
        local k, tenant, waits = ARGV[i], ARGV[i + 2], ARGV[i + 7] == "1"
        local count = held[tenant]
        if not count then
            count = sure("HGET", P .. "q", tenant)
            count = count and #count <= 15 and tonumber(count) or 0
            added[tenant] = 0
        end
        if count >= most_held then
            letter = "Q"
        elseif waits then
            in_queue = in_queue or sure("ZCARD", P .. "ready")
            if in_queue >= most_waiting then letter = "B" end
        end
        if not letter then
            local priority = ARGV[i + 6]
            seen[key] = true
            count = count + 1
            added[tenant] = added[tenant] + 1
            letter = waits and "W" or "A"
            if waits then
                in_queue = in_queue + 1
                call("HSET", key, "st", "A", "own", "", "tn", tenant, "v", "1",
                    "id", ARGV[i + 1], "ag", ARGV[i + 3], "bh", ARGV[i + 4],
                    "at", now, "dl", ARGV[i + 5])
                local level = math.max(0, math.min(9, tonumber(priority) or 0))
                waiting[#waiting + 1] = string.format("%.0f", (9 - level) * 1e13 + now)
                waiting[#waiting + 1] = k
            else
                call("HSET", key, "st", "R", "own", me, "tn", tenant, "v", "1",
                    "id", ARGV[i + 1], "ag", ARGV[i + 3], "bh", ARGV[i + 4],
                    "at", now, "dl", ARGV[i + 5])
                owned[#owned + 1] = k
            end
            if priority ~= "0" and priority ~= "" then call("HSET", key, "pr", priority) end
            local at = #inputs
            inputs[at + 1], inputs[at + 2] = input .. k, ARGV[i + 8]
        end
        held[tenant] = count
    end
    letters[n] = letter
end

if #inputs > 0 then
    call("MSET", unpack(inputs))
    if #owned > 0 then sure("SADD", P .. "own:" .. me, unpack(owned)) end
    if #waiting > 0 then sure("ZADD", P .. "ready", unpack(waiting)) end
    for tenant, count in pairs(added) do
        if count > 0 then sure("HINCRBY", P .. "q", tenant, count) end
    end
end
return table.concat(letters)
