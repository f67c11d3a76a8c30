-- uses prelude
-- Lifts the counter of epochs above all that were seen, after the store went back in time.
-- ARGV the highest epoch seen.
-- Answers the counter.
local seen = natural(ARGV[1]) or 0
local counter = natural(text(P .. "tok")) or 0
local lifted = string.format("%.0f", math.max(seen, counter) + 1000)
call("SET", P .. "tok", lifted)
return lifted
