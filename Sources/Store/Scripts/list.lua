#!lua flags=no-writes
-- A stretch of a list of requests.
-- ARGV kind (open: in hand, then waiting, then uncertain; ready: in the order of claims;
-- uncertain: the oldest first; dead, finished: the latest first), tenant (empty: everybody's),
-- offset, limit (at most 500).
-- Answers {total, {k, fields}…}. Of a tenant at most 2000 requests are looked at, and the total is
-- of those; the total of all is that of the index.
local P, kind, tenant = KEYS[1], ARGV[1], ARGV[2]
local offset = math.max(0, tonumber(ARGV[3]) or 0)
local limit = math.max(0, math.min(500, tonumber(ARGV[4]) or 0))
local try = redis.pcall
local LOOKED = 2000

-- Takes a lean record apart: its fields as of a hash, and its output; nil where it makes no sense.
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

-- Whether a record is there and the tenant's. Of a lean one this is told without taking it apart.
local function fits(k, record)
    if tenant == "" then return true end
    if not record then return try("HGET", P .. "r:" .. k, "tn") == tenant end
    if #record < 55 then return false end
    local own, length = string.byte(record, 50, 51)
    return string.sub(record, 56 + own, 55 + own + length) == tenant
end

-- The fields of a record; nil where it makes no sense.
local function fields(k, record)
    if record then return opened(record) end
    local flat = try("HGETALL", P .. "r:" .. k)
    return not flat.err and #flat > 0 and flat or nil
end

local function number(answer) return type(answer) == "number" and answer or 0 end
local function rows(answer) return answer.err and {} or answer end

-- A source: how many it has, and a stretch of them from an index on.
local function zset(name, command)
    local key = P .. name
    return number(try("ZCARD", key)), function(first, last)
        return rows(try(command, key, first, last))
    end
end

local function finished()
    local key = P .. "fin"
    return number(try("LLEN", key)), function(first, last)
        local found, keys = rows(try("LRANGE", key, -1 - last, -1 - first)), {}
        for i = #found, 1, -1 do keys[#keys + 1] = string.match(found[i], "^%S+") end
        return keys
    end
end

-- What all instances have in hand; the members themselves only as far as they are asked for.
local function owned(most)
    local total, keys = 0, {}
    for _, set in ipairs({ "inst", "dead" }) do
        for _, name in ipairs(rows(try("ZRANGE", P .. set, 0, 199))) do
            local key = P .. "own:" .. name
            total = total + number(try("SCARD", key))
            local cursor = "0"
            while #keys < most do
                local page = try("SSCAN", key, cursor, "COUNT", 500)
                if page.err then break end
                for _, k in ipairs(page[2]) do keys[#keys + 1] = k end
                cursor = page[1]
                if cursor == "0" then break end
            end
        end
    end
    return total, function(first, last)
        local found = {}
        for i = first + 1, math.min(last + 1, #keys) do found[#found + 1] = keys[i] end
        return found
    end
end

local function sources()
    if kind == "ready" then return { { zset("ready", "ZRANGE") } } end
    if kind == "uncertain" then return { { zset("unc", "ZRANGE") } } end
    if kind == "dead" then return { { zset("dlq", "ZREVRANGE") } } end
    if kind == "finished" then return { { finished() } } end
    local most = tenant == "" and math.min(10000, offset + limit) or LOOKED
    return {
        { owned(most) }, { zset("ready", "ZRANGE") }, { zset("unc", "ZRANGE") },
    }
end

local answer, total, looked, skipped = {}, 0, 0, 0
for _, source in ipairs(sources()) do
    local count, stretch = source[1], source[2]
    local index = 0
    if tenant == "" then
        total = total + count
        index = math.min(count, offset - skipped)
        skipped = skipped + index
    end
    while index < count and looked < LOOKED and (tenant ~= "" or #answer < limit) do
        local wanted = tenant == "" and limit - #answer or 100
        local keys, names = stretch(index, index + wanted - 1), {}
        if #keys == 0 then break end
        index = index + wanted
        for i, k in ipairs(keys) do names[i] = P .. "r:" .. k end
        -- MGET takes no key's type for an error; errors are dear.
        local records = redis.call("MGET", unpack(names))
        for i, k in ipairs(keys) do
            looked = looked + 1
            local shown = fits(k, records[i])
            if shown and tenant ~= "" then
                total = total + 1
                if skipped < offset then shown, skipped = false, skipped + 1 end
            end
            local flat = shown and #answer < limit and fields(k, records[i])
            if flat then answer[#answer + 1] = { k, flat } end
        end
    end
end
return { total, unpack(answer) }
