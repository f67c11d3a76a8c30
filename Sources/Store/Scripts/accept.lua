#!lua
-- Keeps new requests, or says what is known of them. Refused as a whole when memory is full.
-- ARGV me, now, how many may wait, how many a tenant may have; then for each request
-- k, id, tenant, agent, body digest, deadline, priority, waits (1, 0), input.
-- Answers a letter for each: A kept, W kept and waits; known with the same body: O this instance
-- has it in hand, R another, P it waits, U it is uncertain, T it ended; C known with another
-- body; nothing kept: Q its tenant has too many, B too many wait, L this instance has no lease;
-- X the record makes no sense.
-- A record is lean at first, a string: version 1, state, body digest of 22; then as numbers
-- accepted, deadline, ended (6 bytes each, the high one first), took (4), attempt (2), priority
-- (1), lengths of owner, tenant, id, agent, instance, code (1 each); then these texts, and once it
-- has ended the output. What does not fit is a hash from the beginning.
-- Or packed, where all are for me, none waits and none comes twice: after the limits "lean", how
-- many, how many tenants; for each tenant its name and how many are its; then all k; then for each
-- request the key of its record, its record, the key of its input, input. It means the same, and
-- costs half where all of them are new.
local ARGV = ARGV
local P, me, now = KEYS[1], ARGV[1], ARGV[2]
local most_waiting, most_held = tonumber(ARGV[3]), tonumber(ARGV[4])
local call, try = redis.call, redis.pcall

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

-- How many a tenant has.
local function in_hand(tenant)
    local count = sure("HGET", P .. "q", tenant)
    return count and #count <= 15 and string.find(count, "^%d+$") and tonumber(count) or 0
end

-- Packed requests, kept if nothing stands against any of them: their letters.
local function packed()
    local n, tenants = tonumber(ARGV[6]), tonumber(ARGV[7])
    local first = 8 + 2 * tenants
    local place = first + n
    if n > 500 or #ARGV ~= place + 4 * n - 1 then return redis.error_reply("ARGS of accept") end
    if not sure("ZSCORE", P .. "inst", me) then return string.rep("L", n) end
    local keys = {}
    for i = 1, n do keys[i] = ARGV[place + 4 * i - 4] end
    if call("EXISTS", unpack(keys)) > 0 then return nil end
    for i = 8, first - 1, 2 do
        if in_hand(ARGV[i]) + ARGV[i + 1] > most_held then return nil end
    end
    call("MSET", unpack(ARGV, place))
    sure("SADD", P .. "own:" .. me, unpack(ARGV, first, place - 1))
    for i = 8, first - 1, 2 do sure("HINCRBY", P .. "q", ARGV[i], ARGV[i + 1]) end
    return string.rep("A", n)
end

-- The same arguments as if they had not been packed.
local function unpacked()
    local first = 8 + 2 * tonumber(ARGV[7])
    local place = first + tonumber(ARGV[6])
    local words, w = { me, now, ARGV[3], ARGV[4] }, 4
    for i = first, place - 1 do
        local record, message = ARGV[place + 1], ARGV[place + 3]
        local deadline, _, _, _, priority, own, a, b, c =
            struct.unpack(">I6I6I4HBBBBB", record, 31)
        local tenant = 56 + own
        local id = tenant + a
        local agent = id + b
        words[w + 1], words[w + 2] = ARGV[i], string.sub(record, id, agent - 1)
        words[w + 3] = string.sub(record, tenant, id - 1)
        words[w + 4] = string.sub(record, agent, agent + c - 1)
        words[w + 5], words[w + 6] = string.sub(record, 3, 24), string.format("%.0f", deadline)
        words[w + 7], words[w + 8] = string.format("%d", priority), "0"
        words[w + 9], w = message, w + 9
        place = place + 4
    end
    return words
end

if ARGV[5] == "lean" then
    local letters = packed()
    if letters then return letters end
    ARGV = unpacked()
end
local KNOWN = { A = "P", U = "U", S = "T", F = "T", C = "T", E = "T" }
local argc = #ARGV
if (argc - 4) % 9 ~= 0 or argc > 4504 then return redis.error_reply("ARGS of accept") end
local record_prefix = P .. "r:"
local keys, letters, n = {}, {}, 0
for i = 5, argc, 9 do
    n = n + 1
    keys[n] = record_prefix .. ARGV[i]
end
if n == 0 then return "" end
-- What was taken over from it once would not be looked for again.
if not sure("ZSCORE", P .. "inst", me) then return string.rep("L", n) end
local none_known = call("EXISTS", unpack(keys)) == 0
local seen, owned, waiting = {}, {}, {}
local held, added = {}, {}
local in_queue

local function known(key, body)
    local record, row = call("MGET", key)[1]
    if not record then
        row = try("HMGET", key, "st", "bh", "own")
        if row.err then return "X" end
    else
        if #record < 55 then return "X" end
        local length = string.byte(record, 50)
        row = { string.sub(record, 2, 2), string.sub(record, 3, 24),
            string.sub(record, 56, 55 + length) }
        if string.sub(record, 1, 1) ~= "1" then return "X" end
    end
    if not row[1] or not row[2] then return call("EXISTS", key) == 1 and "X" or nil end
    if row[2] ~= body then return "C" end
    if row[1] == "R" then
        if not row[3] then return "X" end
        if row[3] == me then return "O" end
        -- One that nobody owns was given up because it makes no sense.
        local k = string.sub(key, #record_prefix + 1)
        return sure("SISMEMBER", P .. "own:" .. row[3], k) == 1 and "R" or "X"
    end
    return KNOWN[row[1]] or "X"
end

local records, texts = {}, 0
local stamp = tonumber(now)
-- Numbers of a record, of which a call has few that differ.
local heads = {}

local function head(deadline, priority)
    local number = tonumber(deadline)
    if not number or number < 0 or number >= 2 ^ 47 or number % 1 ~= 0 then return nil end
    local text = struct.pack(">I6I6I6I4HB", stamp, number, 0, 0, 0, priority)
    if priority == 0 then heads[deadline] = text end
    return text
end

local function keep(k, key, state, owner, id, tenant, agent, body, deadline, priority, message)
    local numbers = priority == 0 and heads[deadline] or head(deadline, priority)
    local a, b, c, d = #owner, #tenant, #id, #agent
    if numbers and #body == 22 and a < 256 and b < 256 and c < 256 and d < 256 then
        records[texts + 1], records[texts + 2] = key, "1" .. state .. body .. numbers
            .. string.char(a, b, c, d, 0, 0) .. owner .. tenant .. id .. agent
        texts = texts + 2
    else
        call("HSET", key, "st", state, "own", owner, "tn", tenant, "at", now, "v", "1", "id", id,
            "ag", agent, "bh", body, "dl", deadline)
        if priority > 0 then call("HSET", key, "pr", priority) end
    end
    records[texts + 1], records[texts + 2] = P .. "i:" .. k, message
    texts = texts + 2
end

n = 0
for i = 5, argc, 9 do
    n = n + 1
    local key = keys[n]
    local k, id, tenant, agent, body, deadline, level, waits, message = unpack(ARGV, i, i + 8)
    local letter
    local before = seen[key]
    if before then
        letter = ARGV[before + 4] ~= body and "C" or ARGV[before + 7] == "1" and "P" or "O"
    elseif not none_known then
        letter = known(key, body)
    end
    if not letter then
        local count = held[tenant]
        if not count then
            count = in_hand(tenant)
            added[tenant] = 0
        end
        if count >= most_held then
            letter = "Q"
        elseif waits == "1" then
            in_queue = in_queue or sure("ZCARD", P .. "ready")
            if in_queue >= most_waiting then letter = "B" end
        end
        if not letter then
            local priority = level == "0" and 0 or math.max(0, math.min(9, tonumber(level) or 0))
            seen[key] = i
            count = count + 1
            added[tenant] = added[tenant] + 1
            if waits == "1" then
                letter = "W"
                in_queue = in_queue + 1
                keep(k, key, "A", "", id, tenant, agent, body, deadline, priority, message)
                waiting[#waiting + 1] = string.format("%.0f", (9 - priority) * 1e13 + stamp)
                waiting[#waiting + 1] = k
            else
                letter = "A"
                keep(k, key, "R", me, id, tenant, agent, body, deadline, priority, message)
                owned[#owned + 1] = k
            end
        end
        held[tenant] = count
    end
    letters[n] = letter
end

if texts > 0 then
    call("MSET", unpack(records))
    if #owned > 0 then sure("SADD", P .. "own:" .. me, unpack(owned)) end
    if #waiting > 0 then sure("ZADD", P .. "ready", unpack(waiting)) end
    for tenant, count in pairs(added) do
        if count > 0 then sure("HINCRBY", P .. "q", tenant, count) end
    end
end
return table.concat(letters)
