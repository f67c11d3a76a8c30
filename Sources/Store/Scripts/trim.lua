-- uses prelude
-- Forgets ended requests that are too old or too many, the oldest first.
-- ARGV now, retention in ms, how many and how many bytes are kept, how many to forget at most.
-- Answers how many were forgotten.
local most = math.max(1, math.min(500, tonumber(ARGV[5]) or 0))
return trim(tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4]), most)
