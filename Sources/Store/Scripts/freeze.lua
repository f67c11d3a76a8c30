-- uses prelude
-- Holds an agent's work back, or lets it go on.
-- ARGV agent, 1 or 0, reason.
-- Answers OK.
if ARGV[2] == "1" then
    sure("HSET", P .. "frozen", ARGV[1], ARGV[3])
else
    sure("HDEL", P .. "frozen", ARGV[1])
end
return "OK"
