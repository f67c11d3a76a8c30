-- uses prelude
-- What happens to sessions: requests that share a conversation.
-- ARGV verb, now, idle (ms without a request until one expires), rest (ms until what expired is
-- gone); then
--   begin     d, id, tenant, k, request, deadline, durable (1, 0): a request of it was accepted
--   end       d, k, durable, state (S, F), code, took, retries, query, its length, answer, its
--             length: the request ended; of a durable one its record counts, where there is one
--   open      d, id, tenant: it is to be there
--   close     d: somebody ends it
--   remember  d, name, value (empty: none), how many bytes of values it may have: a value
--   sweep     how many sessions are kept, how many bytes: ends what is over, forgets what is old
-- Answers K (done, now or before), G (there is none), L (too many bytes), F (the request has not
-- ended); sweep {how many expired, ended late, were forgotten, are there, their bytes}. All of it
-- may be repeated: k is noted in the session until it ended, and for a while from then on.
local ARGV = ARGV
local verb, now, idle, rest = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local INDEX, RUNNING, BYTES = P .. "ses", P .. "sesr", P .. "sesb"
local EXCHANGES, PIECE, LOGGED, AT_ONCE, LATER, SLICE = 10, 4096, 32, 256, 5000, 100
local OUTCOMES = { S = "S", F = "F", C = "F", E = "F" }
local NUMBERS = { "at", "up", "ex", "n", "ok", "f", "rt", "tk", "rev", "mb", "vb", "b" }

local function whole(number) return string.format("%.0f", number) end

-- The head of a session; nil where there is none, or what stands there makes no sense.
local function opened_session(d)
    local flat = sure("HGETALL", P .. "ses:" .. d)
    if #flat == 0 then return nil end
    local head, fits = {}, true
    for i = 1, #flat, 2 do head[flat[i]] = flat[i + 1] end
    for _, name in ipairs(NUMBERS) do
        head[name] = natural(head[name])
        fits = fits and head[name]
    end
    if fits and head.v == "1" and head.st and head.last and head.log then return head end
    call("UNLINK", P .. "ses:" .. d, P .. "mem:" .. d, P .. "sev:" .. d)
    return nil
end

local function new_session(id, tenant)
    return { v = "1", id = id, tn = tenant, st = "C", last = "C", log = "", at = now, up = now,
        ex = 0, n = 0, ok = 0, f = 0, rt = 0, tk = 0, rev = 0, mb = 0, vb = 0, b = 0 }
end

local function running(head)
    local count = 0
    for name in pairs(head) do
        if string.sub(name, 1, 2) == "r:" then count = count + 1 end
    end
    return count
end

-- Writes a head, and until when it and what belongs to it is kept.
local function keep(d, head)
    local count = running(head)
    if head.st ~= "E" then head.st = count > 0 and "A" or head.last end
    local bytes = 400 + #head.log + head.mb + head.vb + 120 * count
    sure("INCRBY", BYTES, whole(bytes - head.b))
    head.b, head.up, head.rev = bytes, now, head.rev + 1
    local flat = {}
    for name, value in pairs(head) do
        flat[#flat + 1] = name
        flat[#flat + 1] = type(value) == "number" and whole(value) or value
    end
    call("HSET", P .. "ses:" .. d, unpack(flat))
    sure("ZADD", INDEX, whole(head.ex), d)
    -- Also where nobody sweeps any more it is gone one day.
    local left = whole(math.max(1, head.ex - now) + 2 * rest)
    for _, kind in ipairs({ "ses:", "mem:", "sev:" }) do call("PEXPIRE", P .. kind .. d, left) end
end

local function drop(d, head, name)
    head[name] = nil
    call("HDEL", P .. "ses:" .. d, name)
    sure("ZREM", RUNNING, d .. " " .. string.sub(name, 3))
end

local function drop_all(d, head)
    local names = {}
    for name in pairs(head) do
        if string.sub(name, 1, 2) == "r:" then names[#names + 1] = name end
    end
    for _, name in ipairs(names) do drop(d, head, name) end
end

-- It is over: what was said is gone, and that it was stays for a while.
local function expire(d, head)
    drop_all(d, head)
    call("UNLINK", P .. "mem:" .. d, P .. "sev:" .. d)
    head.st, head.mb, head.vb, head.ex = "E", 0, 0, now + rest
    keep(d, head)
end

local function forget(d, head)
    sure("ZREM", INDEX, d)
    if head then
        drop_all(d, head)
        if sure("DECRBY", BYTES, whole(head.b)) < 0 then call("SET", BYTES, 0) end
    end
    call("UNLINK", P .. "ses:" .. d, P .. "mem:" .. d, P .. "sev:" .. d)
    if sure("ZCARD", INDEX) == 0 then call("UNLINK", BYTES) end
end

-- The beginning of a message's content, and how long it is.
local function content(message, length)
    if not message or #message < 2 then return "", 0 end
    local head = 2 + struct.unpack("<H", message)
    return string.sub(message, head + 1, head + PIECE), math.max(0, length - head)
end

local function content_of(key)
    local message, length = try("GETRANGE", key, 0, 2 + 4096 + PIECE), try("STRLEN", key)
    if type(message) ~= "string" then return "", 0 end
    return content(message, length)
end

-- A request's ending enters the session.
local function note(d, head, k, id, ending)
    drop(d, head, "r:" .. k)
    local answer, length = ending.answer, ending.length
    head.last = ending.state
    head[ending.state == "S" and "ok" or "f"] = head[ending.state == "S" and "ok" or "f"] + 1
    head.rt, head.tk = head.rt + ending.retries, head.tk + ending.took
    local words = table.concat({ k, ending.state, whole(now), whole(ending.took),
        whole(ending.retries), ending.code == "" and "-" or ending.code, id }, " ")
    local lines = {}
    for line in string.gmatch(head.log, "[^\n]+") do lines[#lines + 1] = line end
    lines[#lines + 1] = words
    head.log = table.concat(lines, "\n", math.max(1, #lines - LOGGED + 1))
    local entry = words .. "\n" .. whole(#ending.query) .. " " .. whole(ending.asked) .. " "
        .. whole(length) .. "\n" .. ending.query .. answer
    local mem = P .. "mem:" .. d
    local count = sure("RPUSH", mem, entry)
    head.mb = head.mb + #entry
    while count > EXCHANGES do
        head.mb, count = math.max(0, head.mb - #call("LPOP", mem)), count - 1
    end
    if running(head) == 0 then head.ex = now + idle end
    keep(d, head)
end

-- How a durable request ended, as its record has it; nil, and whether it is under way.
local function recorded(k)
    local row, letter, _, output = look(k, "st", "cd", "att", "at", "en")
    if not row then return nil, letter end
    local state = OUTCOMES[row[1]]
    if not state then return nil, "R" end
    local query, asked = content_of(P .. "i:" .. k)
    local answer, length
    if output then
        answer, length = content(output, #output)
    else
        answer, length = content_of(P .. "o:" .. k)
    end
    local took = (natural(row[5]) or 0) - (natural(row[4]) or 0)
    return { state = state, code = row[2] or "", took = math.max(0, took),
        retries = math.max(0, (natural(row[3]) or 1) - 1), query = query, asked = asked,
        answer = answer, length = length }
end

local verbs = {}

function verbs.begin(d, id, tenant, k, request, deadline, durable)
    local head = opened_session(d)
    if head and head.st == "E" then
        forget(d, head)
        head = nil
    end
    if head and (head["r:" .. k] or string.find("\n" .. head.log, "\n" .. k, 1, true)) then
        return "K"
    end
    -- Said late, by somebody who was held up.
    if durable == "1" and recorded(k) then return "K" end
    head = head or new_session(id, tenant)
    if running(head) >= AT_ONCE then return "L" end
    head["r:" .. k] = whole(now) .. " " .. deadline .. " " .. request
    head.n = head.n + 1
    head.ex = math.max(head.ex, math.max(now, tonumber(deadline)) + idle)
    sure("ZADD", RUNNING, whole(now + LATER), d .. " " .. k)
    keep(d, head)
    return "K"
end

verbs["end"] = function(d, k, durable, state, code, took, retries, query, asked, answer, length)
    local head = opened_session(d)
    if not head then return "G" end
    local begun = head["r:" .. k]
    if not begun then return "K" end
    local ending, letter
    if durable == "1" then ending, letter = recorded(k) end
    if letter == "R" then return "F" end
    ending = ending or { state = OUTCOMES[state] or "F", code = code, took = natural(took) or 0,
        retries = natural(retries) or 0, query = query, asked = natural(asked) or #query,
        answer = answer, length = natural(length) or #answer }
    note(d, head, k, string.match(begun, "^%d+ %d+ (.*)$") or "", ending)
    return "K"
end

function verbs.open(d, id, tenant)
    local head = opened_session(d)
    if head and head.st ~= "E" then return "K" end
    if head then forget(d, head) end
    head = new_session(id, tenant)
    head.ex = now + idle
    keep(d, head)
    return "K"
end

function verbs.close(d)
    local head = opened_session(d)
    if not head then return "G" end
    if head.st ~= "E" then expire(d, head) end
    return "K"
end

function verbs.remember(d, name, value, most)
    local head = opened_session(d)
    if not head or head.st == "E" then return "G" end
    local key = P .. "sev:" .. d
    local before = sure("HGET", key, name)
    if (before or "") == value then return "K" end
    local bytes = head.vb - (before and #name + #before or 0)
    if value ~= "" then bytes = bytes + #name + #value end
    if bytes > tonumber(most) then return "L" end
    if value == "" then call("HDEL", key, name) else call("HSET", key, name, value) end
    head.vb, head.ex = math.max(0, bytes), math.max(head.ex, now + idle)
    keep(d, head)
    return "K"
end

-- Requests whose end nobody told: their instance is gone, or a person decided about them.
local function settle_late()
    local settled = 0
    for _, word in ipairs(sure("ZRANGEBYSCORE", RUNNING, "-inf", now, "LIMIT", 0, SLICE)) do
        local d, k = string.match(word, "^(%S+) (%S+)$")
        local head = d and opened_session(d)
        local begun, deadline, id
        if head then
            begun, deadline, id = string.match(head["r:" .. k] or "", "^(%d+) (%d+) (.*)$")
        end
        if not begun then
            call("ZREM", RUNNING, word)
        else
            local ending, letter = recorded(k)
            if letter == "X" or letter == "G" and now > tonumber(deadline) + LATER then
                ending = { state = "F", code = "lost", took = 0, retries = 0, query = "",
                    asked = 0, answer = "", length = 0 }
            end
            if ending then
                note(d, head, k, id, ending)
                settled = settled + 1
            else
                call("ZADD", RUNNING, whole(now + LATER), word)
            end
        end
    end
    return settled
end

local function expire_due()
    local expired, forgotten = 0, 0
    for _, d in ipairs(sure("ZRANGEBYSCORE", INDEX, "-inf", now, "LIMIT", 0, SLICE)) do
        local head = opened_session(d)
        if head and head.st ~= "E" then
            expire(d, head)
            expired = expired + 1
        else
            forget(d, head)
            forgotten = forgotten + 1
        end
    end
    return expired, forgotten
end

function verbs.sweep(most, bytes)
    local settled = settle_late()
    local expired, forgotten = expire_due()
    for _ = 1, SLICE do
        local held = natural(text(BYTES)) or 0
        if sure("ZCARD", INDEX) <= tonumber(most) and held <= tonumber(bytes) then break end
        local d = sure("ZRANGE", INDEX, 0, 0)[1]
        if not d then break end
        forget(d, opened_session(d))
        forgotten = forgotten + 1
    end
    return { expired, settled, forgotten, sure("ZCARD", INDEX), natural(text(BYTES)) or 0 }
end

return verbs[verb](unpack(ARGV, 5))
