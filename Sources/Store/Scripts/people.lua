#!lua flags=no-writes
-- What is kept of tasks for people.
-- ARGV read, p for each of at most 100: answers {p, fields} for each there is.
-- ARGV list, the digest of a tenant (empty: everybody's), assignee (empty: anybody's), open (1, 0:
-- what was closed lately), offset, limit (at most 100): answers {how many there are in all, the
-- offset of the next stretch or -1, {p, fields}…}, in the order in which they were asked or closed.
-- Where only some are wanted at most 500 are looked at, and the total is of all.
-- ARGV news, the last number that is known: answers {the last number now, whether nothing between
-- the two is missing (1, 0), p…} of tasks that were closed since.
local P, try = KEYS[1], redis.pcall
local LOOKED = 500
local SHOWN = { "v", "st", "k", "rq", "tn", "sk", "as", "ti", "at", "du", "ah", "by", "en" }

local function rows(answer) return answer.err and {} or answer end
local function number(answer) return type(answer) == "number" and answer or 0 end

local function fields(p, wanted)
    local values, flat = rows(try("HMGET", P .. "human:" .. p, unpack(wanted))), {}
    for i, name in ipairs(wanted) do
        if values[i] then flat[#flat + 1], flat[#flat + 2] = name, values[i] end
    end
    return #flat > 0 and { p, flat }
end

if ARGV[1] == "read" then
    local answer, wanted = {}, { "q", "a", unpack(SHOWN) }
    for i = 2, math.min(#ARGV, 101) do answer[#answer + 1] = fields(ARGV[i], wanted) or nil end
    return answer
end

if ARGV[1] == "news" then
    local known = tonumber(ARGV[2]) or 0
    local last = try("GET", P .. "humn")
    last = type(last) == "string" and tonumber(last) or 0
    local first = rows(try("ZRANGE", P .. "humd", 0, 0, "WITHSCORES"))
    local whole = known <= last and (not first[2] or tonumber(first[2]) <= known + 1
        or number(try("ZCARD", P .. "humd")) < 1000)
    local found = rows(try("ZRANGE", P .. "humd", "(" .. ARGV[2], "+inf", "BYSCORE", "LIMIT", 0,
        256, "WITHSCORES"))
    if #found == 512 then last = tonumber(found[512]) end
    local answer = { string.format("%.0f", last), whole and 1 or 0 }
    for i = 1, #found, 2 do answer[#answer + 1] = found[i] end
    return answer
end

local tenant, assignee, open = ARGV[2], ARGV[3], ARGV[4] == "1"
local offset = math.max(0, tonumber(ARGV[5]) or 0)
local limit = math.max(1, math.min(100, tonumber(ARGV[6]) or 0))
local index = P .. (not open and "humd" or tenant == "" and "human" or "humt:" .. tenant)
local picks = assignee ~= "" or not open and tenant ~= ""
local most = picks and LOOKED or limit
local found = rows(try("ZRANGE", index, offset, offset + most - 1))
local answer, looked = { number(try("ZCARD", index)), -1 }, 0
for _, p in ipairs(found) do
    if #answer - 2 == limit then break end
    looked = looked + 1
    local who = picks and rows(try("HMGET", P .. "human:" .. p, "as", "td"))
    if not who or (assignee == "" or who[1] == assignee) and (tenant == "" or who[2] == tenant) then
        answer[#answer + 1] = fields(p, SHOWN) or nil
    end
end
if offset + looked < answer[1] and looked > 0 then answer[2] = offset + looked end
return answer
