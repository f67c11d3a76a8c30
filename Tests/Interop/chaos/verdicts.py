"""How a scenario ends when it does not pass."""


class Failed(AssertionError):
    """What a scenario promised did not happen; with whatever figures it has all the same."""

    def __init__(self, reason, figures=None):
        super().__init__(reason)
        self.figures = figures or {}


class Skipped(Exception):
    """What a scenario needs is not here."""


def check(condition, reason, figures=None):
    if not condition:
        raise Failed(reason, figures)
