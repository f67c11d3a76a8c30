"""What the scenarios of the store have in common: a Redis of their own, an orchestrator on it, workers and a load that
lets nothing go; and the comparison of the three books at the end."""
import time

from . import books, redis_book
from .stage import Failed, check, tail

WARM = 2  # seconds of load before anything happens, and after
DRAIN = 60  # seconds until all that was asked for must have ended


class Scene:
    """One Redis, one orchestrator, two workers, one load."""

    def __init__(self, stage, redis=None, url=None, window=64, content=None, config=None, profile="dev",
                 effect="idempotent"):
        self.stage, self.redis = stage, redis or stage.redis()
        self.url, self.arguments = url or self.redis.url, ["--profile", profile] if profile != "dev" else []
        if config:
            path = stage.folder / "baton.yaml"
            path.write_text(config)
            self.arguments += ["--config", path]
        self.orchestrator = stage.orchestrator(*self.arguments, store=self.url)
        self.load = stage.load(self.orchestrator, window=window, content=content)
        for name in ("work.1", "work.2"):
            stage.worker(self.orchestrator, name, capacity=64, effect=effect)
        stage.listed(self.load, 2)
        self.lost_since = 0.0  # when Redis lost its data, if it did
        self.before = None

    # ---- what goes on

    def warm(self, seconds=WARM):
        """Loads without any disturbance; keeps the rate to come back to."""
        began = time.monotonic()
        self.load.run(seconds)
        self.before = self.load.rate(began + seconds / 2, began + seconds)
        check(self.before > 0, f"nothing ended within {seconds} s although nothing was wrong")

    def run(self, seconds, until=None):
        return self.load.run(seconds, until)

    def back(self, since, limit, seconds=20):
        """Loads until the rate is nine tenths of what it was; seconds since that moment."""
        took, deadline = None, since + seconds
        while took is None and time.monotonic() < deadline:
            self.load.run(0.25)
            took = self.load.back_after(since, 0.9 * self.before)
        rates = [self.load.rate(since + second, since + second + 1) for second in range(seconds)]
        check(took is not None, f"{seconds} s after it the rate is not back at nine tenths of {self.before:.0f}/s, "
              f"but {', '.join(f'{rate:.0f}' for rate in rates)}")
        check(limit is None or took <= limit, f"it took {took:.2f} s until the rate was back, not {limit} s")
        return round(took, 2)

    def left(self, seconds):
        """Waits for the orchestrator to leave; its exit code."""
        process = self.orchestrator.process
        self.load.run(seconds, until=lambda: process.poll() is not None)
        check(process.poll() is not None, f"the orchestrator still runs {seconds} s after its store was of no use")
        return process.poll()

    def said(self, *words):
        """The last line of its log that has all these words."""
        lines = [line for line in self.orchestrator.log.read_text("utf-8", "replace").splitlines()
                 if all(word in line.lower() for word in words)]
        check(lines, f"its log does not speak of {' '.join(words)}: {tail(self.orchestrator.log)}")
        return lines[-1]

    def again(self, **options):
        """Another orchestrator at the same addresses, as whoever supervises it would start one."""
        self.orchestrator = self.stage.orchestrator(
            *self.arguments, store=self.url, again=self.orchestrator, **options)

    def lives(self):
        code = self.orchestrator.process.poll()
        if code is not None:
            raise Failed(f"the orchestrator left with {code}: {tail(self.orchestrator.log)}")

    # ---- the end

    def finish(self, most_repeats=None, codes=("",), instances=1, **figures):
        """Drains and compares the books; the figures of the scenario."""
        self.lives()
        ended = self.load.finish(DRAIN)
        open_ones = [(request, entry.accepted, entry.refusals[-1:]) for request, entry in self.load.book.items()
                     if not entry.ends]
        check(ended, f"{len(open_ones)} requests have not ended {DRAIN} s after all was well: {open_ones[:3]}")
        self.load.pump(0.7)  # what is sent twice would come by now
        self.lives()
        effect_book = books.effects(self.stage.effects_path)
        with self.redis.client() as client:
            book = redis_book.RedisBook(client)
        wrong = redis_book.compare(self.load, effect_book, book, self.lost_since, codes) + book.audit(instances)
        check(not wrong, f"{len(wrong)} entries of the books are wrong: " + "; ".join(wrong[:6]))
        repeats = books.repeated(effect_book)
        check(most_repeats is None or repeats <= most_repeats,
              f"{repeats} requests were executed again, at most {most_repeats} may be")
        refusals = self.load.refusals()
        without_hint = sum(not hint for _, hint, _ in refusals)
        check(not without_hint, f"{without_hint} of {len(refusals)} refusals do not say when to come back")
        return {
            "requests": len(self.load.book), "lost": 0, "refused": len(refusals), "without_hint": without_hint,
            "repeated": repeats, "adopted": len(book.adoptions()),
            "longest_pause_s": round(self.load.longest_pause(), 2)} | figures
