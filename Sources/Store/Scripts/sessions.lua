#!lua flags=no-writes
-- What is kept of sessions.
-- ARGV read, d, the revision that is known: answers {d, fields, exchanges, values}, N where it is
-- that revision still, false where there is none.
-- ARGV list, tenant (empty: everybody's), offset, limit (at most 500): answers {total, bytes of
-- all, {d, fields}…}, the latest first. Of a tenant at most 2000 sessions are looked at, and the
-- total is of those.
local P, try = KEYS[1], redis.pcall
local LOOKED = 2000

local function rows(answer) return answer.err and {} or answer end
local function number(answer) return type(answer) == "number" and answer or 0 end

local function field(flat, name)
    for i = 1, #flat, 2 do
        if flat[i] == name then return flat[i + 1] end
    end
    return ""
end

if ARGV[1] == "read" then
    local d = ARGV[2]
    local flat = rows(try("HGETALL", P .. "ses:" .. d))
    if #flat == 0 then return false end
    if field(flat, "at") .. "." .. field(flat, "rev") == ARGV[3] then return "N" end
    return { d, flat, rows(try("LRANGE", P .. "mem:" .. d, 0, -1)),
        rows(try("HGETALL", P .. "sev:" .. d)) }
end

local tenant = ARGV[2]
local offset = math.max(0, tonumber(ARGV[3]) or 0)
local limit = math.max(0, math.min(500, tonumber(ARGV[4]) or 0))
local index = P .. "ses"
local bytes = try("GET", P .. "sesb")
local answer = { number(try("ZCARD", index)), tonumber(type(bytes) == "string" and bytes) or 0 }
local first, last = offset, offset + limit - 1
if tenant ~= "" then first, last = 0, LOOKED - 1 end
local place = 0
for _, d in ipairs(rows(try("ZREVRANGE", index, first, last))) do
    if tenant == "" or try("HGET", P .. "ses:" .. d, "tn") == tenant then
        if tenant == "" or place >= offset and place < offset + limit then
            local flat = rows(try("HGETALL", P .. "ses:" .. d))
            if #flat > 0 then answer[#answer + 1] = { d, flat } end
        end
        place = place + 1
    end
end
if tenant ~= "" then answer[1] = place end
return answer
