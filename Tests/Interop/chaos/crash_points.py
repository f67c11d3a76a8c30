"""The code points at which a debug build of batond ends by itself, as if it were killed there."""

POINTS = {  # the name in BATON_CRASH_AT, and what has just happened
    "accept-sent": "the accept is on its way to Redis",
    "accepted": "Redis has it, nobody was told",
    "dispatched": "a task is on its way to a worker",
    "result": "a worker's result has come",
    "finish-sent": "the result is on its way to Redis",
    "finished": "Redis has the result, nobody was told",
    "adopt": "it has just taken over what a dead one had",
    "claim": "it has just taken what waited for an owner",
}
VARIABLE = "BATON_CRASH_AT"


def is_known(program, *words):
    """Whether a program can know these words at all: they are not in a release build."""
    code = program.read_bytes()
    return all(word.encode() in code for word in words)
