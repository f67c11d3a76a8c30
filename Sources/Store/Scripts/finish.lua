-- uses prelude
-- Keeps how requests ended, and forgets as many old ones as it may.
-- ARGV me, now, retention in ms, how many and how many bytes are kept, how many dead letters; then
-- for each request k, state (S F C E), step, attempt, agent, instance, code, took, dead (1, 0),
-- size, output, projected (1, 0).
-- Answers a letter for each: K kept, F another owns it or it ended otherwise, G there is none,
-- X the record makes no sense.
-- Or packed, where all are lean records of mine with one step, none is dead, long or there twice:
-- after the limits "lean", how many, the sum of their sizes, how many tenants, how many agents; for
-- each tenant its name and how many are its; for each agent its name, how many endings, how many
-- failures, the sum of what they took; then all k; for each request its record as it was accepted;
-- for each its line in `fin`; then for each the key of its record and its new record. It means the
-- same, and costs half where all records are as they were.
local ARGV = ARGV
local me, now, dead_kept = ARGV[1], ARGV[2], tonumber(ARGV[6])
local stamp = tonumber(ARGV[2])

-- Adds to what an agent did in this hour.
local function tally(agent, count, failed, took)
    local hour = P .. "m:" .. math.floor(stamp / 3600000)
    count = tonumber(count)
    if sure("HINCRBY", hour, agent .. " n", count) == count then
        call("EXPIRE", hour, 608400, "NX")
    end
    if tonumber(failed) > 0 then sure("HINCRBY", hour, agent .. " f", failed) end
    sure("HINCRBY", hour, agent .. " ms", took)
end

local function forget(count, all, held)
    trim(stamp, ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5]), 2 * count + 8, all, held)
end

-- Packed endings, kept if all records are as they were: their letters.
local function packed()
    local n, tenants, agents = tonumber(ARGV[8]), tonumber(ARGV[10]), tonumber(ARGV[11])
    local first_agent = 12 + 2 * tenants
    local k = first_agent + 4 * agents
    local before, place = k + n, k + 3 * n
    if n > 500 or #ARGV ~= place + 2 * n - 1 then return redis.error_reply("ARGS of finish") end
    local keys = {}
    for i = 1, n do keys[i] = ARGV[place + 2 * i - 2] end
    local records = call("MGET", unpack(keys))
    for i = 1, n do
        if records[i] ~= ARGV[before + i - 1] then return nil end
    end
    call("MSET", unpack(ARGV, place))
    sure("SREM", P .. "own:" .. me, unpack(ARGV, k, before - 1))
    for i = 12, first_agent - 1, 2 do quota(ARGV[i], "-" .. ARGV[i + 1]) end
    local all = sure("RPUSH", P .. "fin", unpack(ARGV, before + n, place - 1))
    local held = sure("INCRBY", P .. "finb", ARGV[9])
    for i = first_agent, k - 1, 4 do tally(ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3]) end
    forget(n, all, held)
    return string.rep("K", n)
end

-- The same arguments as if they had not been packed.
local function unpacked()
    local n = tonumber(ARGV[8])
    local k = 12 + 2 * ARGV[10] + 4 * ARGV[11]
    local words, w = { me, now, ARGV[3], ARGV[4], ARGV[5], ARGV[6] }, 6
    for i = k, k + n - 1 do
        local record = ARGV[2 * i + 3 * n - k + 1]
        local took, attempt, _, own, tenant, id, agent, by, why =
            struct.unpack(">I4HBBBBBBB", record, 43)
        local name = 56 + own + tenant + id
        local instance = name + agent
        local code = instance + by
        words[w + 1], words[w + 2], words[w + 3] = ARGV[i], string.sub(record, 2, 2), "1"
        words[w + 4] = string.format("%d", attempt)
        words[w + 5] = string.sub(record, name, instance - 1)
        words[w + 6] = string.sub(record, instance, code - 1)
        words[w + 7] = string.sub(record, code, code + why - 1)
        words[w + 8], words[w + 9] = string.format("%.0f", took), "0"
        words[w + 10] = string.match(ARGV[i + 2 * n], " (%d+) %-$")
        words[w + 11], words[w + 12] = string.sub(record, code + why), "0"
        w = w + 12
    end
    return words
end

if ARGV[7] == "lean" then
    local letters = packed()
    if letters then return letters end
    ARGV = unpacked()
end
local argc = #ARGV
if (argc - 6) % 12 ~= 0 or argc > 6006 then return redis.error_reply("ARGS of finish") end
local sub = string.sub
local SMALL = 4096
local letters, keys, n = {}, {}, 0
local messages, written = {}, 0
local gone, buried, dead, bytes = {}, {}, {}, 0
local left, agents = {}, {}

for i = 7, argc, 12 do
    n = n + 1
    keys[n] = P .. "r:" .. ARGV[i]
end
if n == 0 then return "" end
local records = call("MGET", unpack(keys))
local latest = {}

local function is_same(i, state, attempt, instance)
    local same = state == ARGV[i + 1] and attempt == ARGV[i + 3] and instance == ARGV[i + 5]
    return same and "K" or "F"
end

-- The numbers of endings, of which a call has few that differ.
local heads = {}

local function head(took, attempt)
    local a, b = natural(took), natural(attempt)
    if not a or not b or a >= 2 ^ 32 or b >= 65536 then return nil end
    local by_attempt = heads[attempt]
    if not by_attempt then
        by_attempt = {}
        heads[attempt] = by_attempt
    end
    by_attempt[took] = struct.pack(">I6I4H", stamp, a, b)
    return by_attempt[took]
end

-- A lean record that ended: its new text, or a letter why it cannot; neither where it is to be a
-- hash from now on. And its tenant.
local function lean_ending(record, i, letter, attempt, instance, code, took, is_dead, output)
    if #record < 55 then return nil, "X" end
    local state = sub(record, 2, 2)
    if sub(record, 1, 1) ~= "1" or not STATES[state] then return nil, "X" end
    local own, tenant, id, agent, by, why = string.byte(record, 50, 55)
    local place = 56 + own + tenant + id + agent
    if state ~= "R" then
        if STATES[state] ~= 2 then return nil, "F" end
        local _, before = struct.unpack(">I4H", record, 43)
        return nil, is_same(i, state, tostring(before), sub(record, place, place + by - 1))
    end
    if #record ~= place - 1 or by + why ~= 0 then return nil, "X" end
    if sub(record, 56, 55 + own) ~= me then return nil, "F" end
    by, why = #instance, #code
    if is_dead or #output > SMALL or by > 255 or why > 255 then return nil, nil end
    local numbers = heads[attempt] and heads[attempt][took] or head(took, attempt)
    if not numbers then return nil, nil end
    return "1" .. letter .. sub(record, 3, 36) .. numbers .. sub(record, 49, 53)
        .. string.char(by, why) .. sub(record, 56) .. instance .. code .. output,
        nil, sub(record, 56 + own, 55 + own + tenant)
end

-- The same for a hash: its last event before this one, or a letter, its tenant, and the bytes of
-- its journal.
local function hash_ending(k, i)
    local row, letter = fields(k, "st", "own", "tn", "rev", "jz")
    if not row then return nil, letter end
    if STATES[row[1]] == 2 then
        local ending = call("HMGET", P .. "r:" .. k, "att", "in")
        return nil, is_same(i, row[1], ending[1], ending[2])
    end
    if not row[2] or not row[3] then return nil, "X" end
    if row[1] ~= "R" or row[2] ~= me then return nil, "F" end
    if not row[4] then return 0, nil, row[3], row[5] end
    local rev = natural(row[4])
    if not rev then return nil, "X" end
    local letter, step, attempt = ARGV[i + 1], ARGV[i + 2], ARGV[i + 3]
    local agent, instance, code, took = ARGV[i + 4], ARGV[i + 5], ARGV[i + 6], ARGV[i + 7]
    if not event(k, rev + 1, "done", now, step, attempt, agent, instance, took, code) then
        return nil, "X"
    end
    event(k, rev + 2, WORDS[letter], now, nil, nil, nil, nil, nil, code)
    return rev + 2, nil, row[3], row[5]
end

local function write_hash(k, key, i, rev, size)
    local code = ARGV[i + 6]
    call("HSET", key, "st", ARGV[i + 1], "en", now, "in", ARGV[i + 5], "att", ARGV[i + 3],
        "tk", ARGV[i + 7])
    if code ~= "" then call("HSET", key, "cd", code) end
    if rev > 0 then call("HSET", key, "rev", string.format("%.0f", rev)) end
    if ARGV[i + 8] == "1" then call("HSET", key, "dw", "1", "sz", size) end
    local left = call("HMGET", key, "dp", "hn")
    if left[1] then call("UNLINK", P .. "d:" .. k) end
    if left[2] then dismiss(k, now) end
    messages[written + 1], messages[written + 2] = P .. "o:" .. k, ARGV[i + 10]
end

local function count(agent, failed, took)
    local sum = agents[agent]
    if not sum then
        sum = { 0, 0, 0 }
        agents[agent] = sum
    end
    sum[1] = sum[1] + 1
    if failed then sum[2] = sum[2] + 1 end
    sum[3] = sum[3] + (took == "0" and 0 or tonumber(took) or 0)
end

n = 0
for i = 7, argc, 12 do
    n = n + 1
    local k, state, _, attempt, agent, instance, code, took, is_dead, size, output =
        unpack(ARGV, i, i + 10)
    local key = keys[n]
    local record = latest[key]
    if record == nil then record = records[n] end
    local text, letter, tenant, rev, journal
    is_dead = is_dead == "1"
    if STATES[state] ~= 2 then
        letter = "X"
    elseif record then
        text, letter, tenant =
            lean_ending(record, i, state, attempt, instance, code, took, is_dead, output)
    end
    if not text and not letter then rev, letter, tenant, journal = hash_ending(k, i) end
    if not letter then
        letter = "K"
        if text then
            latest[key] = text
            messages[written + 1], messages[written + 2] = key, text
        else
            latest[key] = false
            if journal then size = with_journal(size, journal) end
            write_hash(k, key, i, rev, size)
        end
        written = written + 2
        gone[#gone + 1] = k
        left[tenant] = (left[tenant] or 0) - 1
        if is_dead then
            dead[#dead + 1] = now
            dead[#dead + 1] = k
        else
            local kinds = text and " -" or (rev > 0 or journal) and " +" or " o"
            buried[#buried + 1] = k .. " " .. now .. " " .. size .. kinds
            bytes = bytes + size
        end
        if agent ~= "" then count(agent, code ~= "", took) end
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
        local row = fields(k, "st", "sz", "rev", "dw", "jn")
        if row and row[1] == "F" and row[4] == "1" then
            call("HDEL", P .. "r:" .. k, "sz")
            call("HSET", P .. "r:" .. k, "dw", "0")
            bury(k, now, row[2] or weight(k), row[3] or row[5])
        end
    end
end

local all, held
if written > 0 then
    call("MSET", unpack(messages))
    sure("SREM", P .. "own:" .. me, unpack(gone))
    for tenant, change in pairs(left) do quota(tenant, change) end
    if #buried > 0 then
        all = sure("RPUSH", P .. "fin", unpack(buried))
        held = sure("INCRBY", P .. "finb", string.format("%.0f", bytes))
    end
    if #dead > 0 then
        all, held = nil, nil
        sure("ZADD", P .. "dlq", unpack(dead))
        overflow()
    end
    for agent, sum in pairs(agents) do
        tally(agent, sum[1], sum[2], string.format("%.0f", sum[3]))
    end
end
forget(n, all, held)
return table.concat(letters)
