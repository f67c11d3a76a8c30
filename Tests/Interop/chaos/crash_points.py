"""The code points at which a debug build of batond ends by itself, as if it were killed there."""

POINTS = {  # the name in BATON_CRASH_AT, and where it is
    "accept-sent": "Redis was asked to keep a request",
    "accepted": "Redis has kept it, and nobody was told",
    "dispatched": "a worker is about to be sent a task",
    "result": "a worker has answered, and nothing was made of it",
    "advance-sent": "Redis was asked to keep a stage's result",
    "advanced": "Redis has it, and the next stage did not begin",
    "start-sent": "Redis was asked to keep that unsafe work begins",
    "started": "Redis has it, and the worker was not told",
    "finish-sent": "Redis was asked to keep the end",
    "finished": "Redis has the end, and nobody was told",
    "claimed": "what another had is its own by now",
    "resumed": "a worker was found that goes on with a step of another's",
    "deposit-sent": "Redis was asked to keep a result for another",
    "deposited": "Redis has it, and nobody was told",
}
UNSAFE = ("start-sent", "started")  # only unsafe work comes there
STAGES = ("advance-sent", "advanced")  # only what has several stages comes there
AFTER_A_DEATH = ("claimed", "resumed", "deposit-sent", "deposited")  # only who lives when another has died comes there
VARIABLE = "BATON_CRASH_AT"


def is_known(program, *words):
    """Whether a program can know these words at all: they are not in a release build."""
    code = program.read_bytes()
    return all(word.encode() in code for word in words)
