#!lua flags=no-writes
-- What workers left for whoever owns requests.
-- ARGV for each request k.
-- Answers a list for each: the words left for its owner, none where nothing can be read.
local P = KEYS[1]
local items = {}
for i, k in ipairs(ARGV) do
    local words = redis.pcall("HVALS", P .. "d:" .. k)
    items[i] = words.err and {} or words
end
return items
