-- uses prelude
-- An instance goes: what it still has in hand may be taken over at once.
-- ARGV me.
-- Answers OK.
local me = ARGV[1]
sure("ZREM", P .. "inst", me)
if sure("SCARD", P .. "own:" .. me) > 0 then
    sure("ZADD", P .. "dead", 0, me)
else
    sure("ZREM", P .. "dead", me)
end
return "OK"
