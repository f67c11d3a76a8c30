#!lua flags=allow-oom
-- What several scripts share; it is put in front of the text of those that begin with the line
-- "uses prelude". They go on when memory is full: they end and free more than they add.
local P = KEYS[1]
local call, try = redis.call, redis.pcall
-- 1: not ended, 2: ended.
local STATES = { A = 1, R = 1, U = 1, S = 2, F = 2, C = 2, E = 2 }
local WORDS = { S = "succeeded", F = "failed", C = "cancelled", E = "expired" }
local MOST_STEPS = 1000

-- A count that a record can hold; nil for anything else.
local function natural(text)
    if text and #text <= 15 and string.find(text, "^%d+$") then return tonumber(text) end
end

-- The same where a missing field has a meaning of its own.
local function natural_or(missing, text)
    if not text then return missing end
    return natural(text)
end

-- Makes a call on a key that is ours alone. One of another type, or a count that is no number,
-- holds nothing of use: it is taken away, and the call made again.
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

-- A string, or false where there is none.
local function text(key)
    local value = try("GET", key)
    return type(value) == "string" and value
end

-- Takes a lean record apart: its fields as of a hash, its output; nil where it makes no sense.
local function opened(record)
    if #record < 55 or string.sub(record, 1, 1) ~= "1" then return nil end
    local at, deadline, ended, took, attempt, priority, own, tenant, id, agent, instance, code =
        struct.unpack(">I6I6I6I4HBBBBBBB", record, 25)
    local place = 56
    local function cut(count)
        place = place + count
        return string.sub(record, place - count, place - 1)
    end
    local flat = { "v", "1", "st", string.sub(record, 2, 2), "bh", string.sub(record, 3, 24),
        "at", string.format("%.0f", at), "dl", string.format("%.0f", deadline) }
    local function add(name, value)
        flat[#flat + 1] = name
        flat[#flat + 1] = value
    end
    add("own", cut(own))
    add("tn", cut(tenant))
    add("id", cut(id))
    add("ag", cut(agent))
    instance, code = cut(instance), cut(code)
    if priority > 0 then add("pr", string.format("%d", priority)) end
    if ended > 0 then
        add("en", string.format("%.0f", ended))
        add("in", instance)
        add("att", string.format("%d", attempt))
        add("tk", string.format("%.0f", took))
        if code ~= "" then add("cd", code) end
    end
    if place > #record + 1 or ended == 0 and place <= #record then return nil end
    return flat, ended > 0 and string.sub(record, place)
end

-- Makes a lean record one that can have steps and events: a hash, its output beside it.
local function thaw(k, flat, output)
    local key = P .. "r:" .. k
    call("UNLINK", key)
    call("HSET", key, unpack(flat))
    if output then call("SET", P .. "o:" .. k, output) end
end

-- Fields of a record, `st` first; or nil and G (there is none), X (it makes no sense). Of a lean
-- one also the whole, its output, and the string. MGET is asked first: it takes no key's type for
-- an error, and errors are dear.
local function look(k, ...)
    local key = P .. "r:" .. k
    local record = call("MGET", key)[1]
    if not record then
        local row = try("HMGET", key, ...)
        if row.err then return nil, "X" end
        if STATES[row[1]] then return row end
        return nil, call("EXISTS", key) == 1 and "X" or "G"
    end
    local flat, output = opened(record)
    if not flat or not STATES[flat[4]] then return nil, "X" end
    local byname, row = {}, {}
    for i = 1, #flat, 2 do byname[flat[i]] = flat[i + 1] end
    for i, name in ipairs({ ... }) do row[i] = byname[name] or false end
    return row, nil, flat, output, record
end

-- The same for who is about to change it: a lean record that has not ended is thawed.
local function fields(k, ...)
    local row, letter, flat, output = look(k, ...)
    if flat and STATES[flat[4]] == 1 then thaw(k, flat, output) end
    return row, letter
end

-- Writes an event; false where the stream does not take it: then nothing may be changed.
local function event(k, number, kind, ms, step, attempt, agent, instance, took, code)
    local words, n = { "t", kind, "m", ms }, 4
    local function add(name, value)
        if value and value ~= "" and value ~= "0" then
            words[n + 1], words[n + 2] = name, value
            n = n + 2
        end
    end
    add("s", step)
    add("a", attempt)
    add("g", agent)
    add("i", instance)
    add("k", took)
    add("c", code)
    local id = string.format("%.0f-0", number)
    return type(try("XADD", P .. "e:" .. k, id, unpack(words))) == "string"
end

-- A record that makes no sense is shown to people, and no longer handed out.
local function spoil(k, now)
    if sure("ZCARD", P .. "bad") < 10000 then sure("ZADD", P .. "bad", now, k) end
end

-- Puts a request where it waits for an owner: the highest priority first, then the oldest.
local function enqueue(k, priority, at, now)
    local level = math.min(9, natural(priority) or 0)
    local score = (9 - level) * 1e13 + (natural(at) or natural(now) or 0)
    sure("ZADD", P .. "ready", string.format("%.0f", score), k)
end

-- Counts requests of a tenant that have not ended.
local function quota(tenant, change)
    if sure("HINCRBY", P .. "q", tenant, change) <= 0 then call("HDEL", P .. "q", tenant) end
end

-- Puts an ended request among those that are trimmed. The last word says which keys it may have:
-- "-" a lean record and its input, "o" a hash and its messages, "+" all kinds.
local function bury(k, now, size, rev)
    local bytes = natural(size) or 0
    sure("RPUSH", P .. "fin", k .. " " .. now .. " " .. bytes .. (rev and " +" or " o"))
    sure("INCRBY", P .. "finb", bytes)
end

-- What a request takes in all: its journal counts, too, which only the store has measured.
local function with_journal(size, journal)
    return string.format("%.0f", (tonumber(size) or 0) + (natural(journal) or 0))
end

-- About what a request takes whose ending nobody measured.
local function weight(k)
    local input, output = try("STRLEN", P .. "i:" .. k), try("STRLEN", P .. "o:" .. k)
    local sum = 700 + (tonumber(input) or 0) + (tonumber(output) or 0)
    local row = try("HMGET", P .. "r:" .. k, "jz")
    return with_journal(sum, not row.err and row[1])
end

-- Notes that a task for a person is closed (A answered, W withdrawn, E nobody answered in time): it
-- leaves the lists of what waits, and gets a number by which its owner finds that it has news.
local MOST_TASKS, MOST_CLOSED = 256, 1000
local function close_task(p, tenant, state, now)
    call("HSET", P .. "human:" .. p, "st", state, "en", now)
    call("HDEL", P .. "human:" .. p, "tk")
    sure("ZREM", P .. "human", p)
    sure("ZREM", P .. "humt:" .. tenant, p)
    sure("ZADD", P .. "humd", sure("INCR", P .. "humn"), p)
    call("ZREMRANGEBYRANK", P .. "humd", 0, -1 - MOST_CLOSED)
end

-- The request has ended: nobody need answer what it asked.
local function dismiss(k, now)
    for _, p in ipairs(sure("ZRANGE", P .. "humr:" .. k, 0, MOST_TASKS)) do
        local row = try("HMGET", P .. "human:" .. p, "st", "td")
        if not row.err and row[1] == "O" and row[2] then close_task(p, row[2], "W", now) end
    end
end

-- Adds all keys of a request to a list.
local function keys_of(k, kinds, list)
    local n = #list
    list[n + 1], list[n + 2] = P .. "r:" .. k, P .. "i:" .. k
    if kinds == "-" then return end
    list[n + 3] = P .. "o:" .. k
    if kinds == "o" then return end
    list[n + 4], list[n + 5] = P .. "e:" .. k, P .. "fx:" .. k
    list[n + 6], list[n + 7] = P .. "j:" .. k, P .. "jb:" .. k
    local row = try("HMGET", P .. "r:" .. k, "ns", "hn")
    if not row.err and row[2] then
        local people = P .. "humr:" .. k
        for _, p in ipairs(sure("ZRANGE", people, 0, MOST_TASKS)) do
            list[#list + 1] = P .. "human:" .. p
        end
        list[#list + 1] = people
    end
    local kept = not row.err and natural(row[1]) or 0
    for step = 1, math.min(kept, MOST_STEPS) + 1 do
        list[#list + 1] = P .. "s:" .. k .. ":" .. step
        list[#list + 1] = P .. "res:" .. k .. ":" .. step
    end
end

-- Forgets ended requests, the oldest first, at most so many; answers how many. Who knows how many
-- there are, and how many bytes, says so.
local function trim(now, retention, count, bytes, most, all, held)
    local fin = P .. "fin"
    all = all or sure("LLEN", fin)
    if all == 0 then return 0 end
    held = held or natural(text(P .. "finb")) or 0
    local over = all - count
    local oldest = now - retention
    local ms = string.match(call("LINDEX", fin, 0), "^%S+ (%d+) ")
    if over <= 0 and held <= bytes and (natural(ms) or 0) >= oldest then return 0 end
    local gone, freed = 0, 0
    -- Forgets those of a slice that have to go; whether all of them had to.
    local function forget(rows)
        local list = {}
        for _, row in ipairs(rows) do
            local k, ms, size, kinds = string.match(row, "^(%S+) (%d+) (%d+) ([-o+])$")
            if k then
                if gone >= over and held - freed <= bytes and tonumber(ms) >= oldest then break end
                freed = freed + size
                keys_of(k, kinds, list)
                if #list > 3000 then
                    call("UNLINK", unpack(list))
                    list = {}
                end
            end
            gone = gone + 1
        end
        if #list > 0 then call("UNLINK", unpack(list)) end
    end
    -- Most often a few have to go, and reading all that might would cost more than they do.
    local from, slice = 0, math.max(8, math.min(most, over))
    repeat
        local rows = call("LRANGE", fin, from, math.min(most, from + slice) - 1)
        forget(rows)
        from = from + #rows
    until gone < from or from >= most or #rows == 0
    if gone == 0 then return 0 end
    call("LTRIM", fin, gone, -1)
    if gone == all then
        call("UNLINK", P .. "finb")
    elseif sure("DECRBY", P .. "finb", string.format("%.0f", freed)) < 0 then
        call("SET", P .. "finb", 0)
    end
    return gone
end

-- What a new owner needs of a request, in the form that `read` has, too.
local function item(k)
    local flat = call("HGETALL", P .. "r:" .. k)
    local kept = natural(call("HGET", P .. "r:" .. k, "ns")) or 0
    local steps = {}
    for step = 1, math.min(kept, MOST_STEPS) + 1 do
        local row = try("HGETALL", P .. "s:" .. k .. ":" .. step)
        if #row == 0 and not row.err then break end
        if not row.err then steps[#steps + 1] = { step, row } end
    end
    local last = kept > 0 and text(P .. "res:" .. k .. ":" .. kept)
    return { k, flat, text(P .. "i:" .. k), false, last, steps, {} }
end

-- Makes an item one for a new owner: the number under which that gives its tasks away, higher than
-- any before, and the words of workers that were left for whoever owns the request.
local function hand_over(item, fence)
    local flat = item[2]
    flat[#flat + 1], flat[#flat + 2] = "fn", fence
    local words = try("HVALS", P .. "d:" .. item[1])
    if not words.err and #words > 0 then item[8] = words end
    return item
end

-- A number that no owner had before; nil where the counter of numbers is spoilt.
local function new_fence()
    local number = try("INCR", P .. "tok")
    return type(number) == "number" and string.format("%.0f", number) or nil
end
local NO_FENCE = "CORRUPT the counter is no number: set it above all epochs, or restore a backup"
