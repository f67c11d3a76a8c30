"""What a check raises that cannot run here."""


class Skip(Exception):
    """A check that cannot run here, and why."""
