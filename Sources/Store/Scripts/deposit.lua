-- uses prelude
-- Keeps a worker's word about a step for whoever owns the request, or will.
-- ARGV k, the name of the word (step, attempt and number of the task), the word.
-- Answers {K, owner} where it is kept, now or before, the owner empty where there is none now; G
-- there is no such request; T it has ended; Q it has too many words already; X the record makes no
-- sense.
local k, name, word = ARGV[1], ARGV[2], ARGV[3]
local row, letter = fields(k, "st", "own")
if not row then return letter end
if STATES[row[1]] == 2 then return "T" end
local key = P .. "d:" .. k
if sure("HLEN", key) >= 64 then return "Q" end
call("HSETNX", key, name, word)
-- A parked request may rest for long; what runs has a deadline within a day.
local hour = 3600000
call("HSET", P .. "r:" .. k, "dp", "1")
call("PEXPIRE", key, (row[1] == "U" and 168 or 25) * hour)
return { "K", row[1] == "R" and row[2] or "" }
