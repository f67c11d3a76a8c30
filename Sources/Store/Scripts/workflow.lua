#!lua flags=no-writes
-- The text of a workflow.
-- ARGV its digest.
-- Answers the text; false where there is none.
local text = redis.pcall("GET", KEYS[1] .. "wf:" .. ARGV[1])
return type(text) == "string" and text
