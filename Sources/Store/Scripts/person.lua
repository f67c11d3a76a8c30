-- uses prelude
-- What happens to tasks for people: questions of runs that only a person may answer.
-- ARGV me, now; then for each
--   ask       p, k, request, tenant, its digest, step, assignee, title, due (0: never), the digest
--             of the arguments, question: it is to be asked, or how it was answered
--   withdraw  p, k, state (W, E): nobody need answer it any more
--   answer    p, by, the digest of a token (empty: the answerer's key says who it is), the digest
--             of the arguments, asking, answer: a person's word, which counts once
--   allow     p, the digest of a token, the digest of the arguments: who has it may answer once
-- Answers for each, of ask {O} open, {A, answer, by, when}, or {F} another owns the request, {G}
-- there is none, {X} it makes no sense, {L} too many are open; of withdraw K or F; of answer and
-- allow {K, request, tenant} done now or by the same asking before, {A, by, when} answered before,
-- {W, when} withdrawn, {E, when} too late, {G} there is none, {P} something else is asked by now,
-- {T} not with this token, {X}.
local me, now = ARGV[1], ARGV[2]

-- A task: nil where there is none, false where it makes no sense.
local function task(p)
    local row = try("HMGET", P .. "human:" .. p, "st", "k", "td", "ah", "du", "by", "en", "tk",
        "ak", "rq", "tn")
    if row.err then return false end
    if not row[1] then return call("EXISTS", P .. "human:" .. p) == 0 and nil end
    local it = { st = row[1], k = row[2], td = row[3], ah = row[4], due = natural(row[5]),
        by = row[6] or "", ended = row[7] or "0", token = row[8], asking = row[9], rq = row[10],
        tn = row[11] }
    local sound = it.k and it.td and it.ah and it.due and it.rq and it.tn
    return sound and string.find("OAWE", it.st, 1, true) and it or false
end

-- Whether the request may have one more; the oldest that is closed goes for it.
local function has_room(k)
    local mine = P .. "humr:" .. k
    if sure("ZCARD", mine) < MOST_TASKS then return true end
    for _, p in ipairs(call("ZRANGE", mine, 0, -1)) do
        if sure("HGET", P .. "human:" .. p, "st") ~= "O" then
            call("ZREM", mine, p)
            call("UNLINK", P .. "human:" .. p)
            return true
        end
    end
    return false
end

local function list(p, k, tenant)
    for _, key in ipairs({ "human", "humt:" .. tenant, "humr:" .. k }) do
        sure("ZADD", P .. key, "NX", now, p)
    end
end

-- Adds to what a request takes, and to its events; false where they are not taken.
local function note(k, row, kind, agent, who, bytes)
    local rev, size = natural_or(2, row[3]), natural_or(0, row[4])
    if not rev or not size then return false end
    if not event(k, rev + 1, kind, now, nil, nil, agent, who) then return false end
    call("HSET", P .. "r:" .. k, "rev", string.format("%.0f", rev + 1), "hn", "1", "jz",
        string.format("%.0f", size + bytes))
    return true
end

local function ask(p, k, request, tenant, digest, step, assignee, title, due, arguments, text)
    local row, letter = fields(k, "st", "own", "rev", "jz")
    if not row then return { letter } end
    if row[1] ~= "R" or row[2] ~= me then return { "F" } end
    local key, was = P .. "human:" .. p, task(p)
    if was and was.ah == arguments and was.st == "A" then
        return { "A", call("HGET", key, "a") or "", was.by, was.ended }
    end
    if was and was.ah == arguments and was.st == "O" then
        list(p, k, digest)
        return { "O" }
    end
    if was == nil and not has_room(k) then return { "L" } end
    if not note(k, row, "asked", assignee, nil, #text) then return { "X" } end
    call("UNLINK", key)
    call("HSET", key, "v", "1", "st", "O", "k", k, "rq", request, "tn", tenant, "td", digest,
        "sk", step, "as", assignee, "ti", title, "at", now, "du", due, "ah", arguments, "q", text)
    sure("ZREM", P .. "humd", p)
    for _, index in ipairs({ "human", "humt:" .. digest, "humr:" .. k }) do
        sure("ZREM", P .. index, p)
    end
    list(p, k, digest)
    return { "O" }
end

local function withdraw(p, k, state)
    local row = fields(k, "st", "own")
    if row and row[2] ~= me then return "F" end
    local it = task(p)
    if it and it.st == "O" then close_task(p, it.td, state, now) end
    return "K"
end

-- Why a task cannot be answered; nil where it can.
local function refusal(it, arguments)
    if it == nil then return { "G" } end
    if not it then return { "X" } end
    if it.st == "A" then return { "A", it.by, it.ended } end
    if it.st ~= "O" then return { it.st, it.ended } end
    if it.due > 0 and tonumber(now) >= it.due then
        return { "E", string.format("%.0f", it.due) }
    end
    if it.ah ~= arguments then return { "P" } end
end

local function answer(p, by, token, arguments, asking, content)
    local it = task(p)
    if it and it.st == "A" and it.asking == asking then return { "K", it.rq, it.tn } end
    local no = refusal(it, arguments)
    if no then return no end
    if token ~= "" and it.token ~= token then return { "T" } end
    local row = fields(it.k, "st", "own", "rev", "jz")
    if not row or STATES[row[1]] == 2 then return { "W", now } end
    if not note(it.k, row, "answered", nil, by, #content) then return { "X" } end
    call("HSET", P .. "human:" .. p, "a", content, "by", by, "ak", asking)
    close_task(p, it.td, "A", now)
    return { "K", it.rq, it.tn }
end

local function allow(p, token, arguments)
    local it = task(p)
    local no = refusal(it, arguments)
    if no then return no end
    call("HSET", P .. "human:" .. p, "tk", token)
    return { "K", it.rq, it.tn }
end

local VERBS = { ask = { ask, 11 }, withdraw = { withdraw, 3 }, answer = { answer, 6 },
    allow = { allow, 3 } }
local answers, place = {}, 3
while place <= #ARGV do
    local act, count = unpack(VERBS[ARGV[place]])
    answers[#answers + 1] = act(unpack(ARGV, place + 1, place + count))
    place = place + 1 + count
end
return answers
