"""What a demo shows: one screen that is drawn again in place, or lines where there is no terminal."""
import collections
import os
import shutil
import sys
import time

BAR = 60  # characters for all that is in flight
SILENCE = 5  # seconds after which a line says how things are, where no screen is drawn


class Picture:
    """What is shown: redrawn in place on a terminal, otherwise a line for each thing that happens."""

    def __init__(self, seconds, most):
        self.is_live = sys.stdout.isatty() and os.environ.get("TERM", "dumb") != "dumb"
        self.has_colour = self.is_live and not os.environ.get("NO_COLOR")
        self.seconds, self.most, self.height, self.said, self.last = seconds, most, 0, collections.deque(maxlen=6), 0.0

    def colour(self, number, text):
        return f"\x1b[{number}m{text}\x1b[0m" if self.has_colour else text

    def say(self, text):
        self.said.append(text)
        if not self.is_live:
            print(f"  {text}", flush=True)

    def show(self, passed, rows, workers, totals):
        if not self.is_live:
            if time.monotonic() - self.last > SILENCE:
                self.last = time.monotonic()
                hands = ", ".join(f"{name} {count if alive else 'is dead'}" for name, count, alive in rows)
                print(f"{passed:3.0f} s  in hand: {hands}; {totals}", flush=True)
            return
        lines = [f"{self.colour(1, 'Any process may die')}   {passed:.0f} of {self.seconds} s", ""]
        for name, count, alive in rows:
            bar = "█" * min(BAR, -(-BAR * count // self.most)) if alive else self.colour(31, "killed")
            lines.append(f"  {name}  {self.colour(32, bar) if alive else bar} {count if alive or count else ''}")
        lines += ["", "  workers  " + "  ".join(
            f"{name} {self.colour(32, 'lives') if alive else self.colour(31, 'killed')}" for name, alive in workers)]
        lines += ["", f"  {totals}", "", *(f"  {self.colour(2, text)}" for text in self.said)]
        width = shutil.get_terminal_size().columns
        up = f"\x1b[{self.height}F" if self.height else ""
        text = "".join(f"\x1b[2K{line if self.has_colour else line[:width - 1]}\n" for line in lines)
        sys.stdout.write(f"{up}{text}\x1b[J")
        sys.stdout.flush()
        self.height = len(lines)
