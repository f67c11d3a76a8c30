"""Runs of workflows whose owner dies: at every line of the journal, and the run goes on as if nothing had been."""
import collections
import json
import os
import time

from . import books
from .catalog import scenario
from .crash_points import VARIABLE, is_known
from .fleet import Fleet
from .stage import Skipped, check

PATIENCE = 30  # seconds a run may take, its owner's death included
FLOW = """document: {dsl: 1.0.3, namespace: default, name: journey, version: 1.0.0}
do:
  - begin: {set: {sum: 0}}
  - there:
      for: {each: n, in: '${ [1, 2, 3, 4, 5] }'}
      do:
        - step: {call: work, with: {ms: 3}, output: {as: '${ {sum: ($input.sum + $n)} }'}}
  - both:
      fork:
        branches:
          - left: {call: work, with: {ms: 5}, output: {as: 10}}
          - right: {call: work, with: {ms: 8}, output: {as: 20}}
          - late: {do: [{rest: {wait: {milliseconds: 20}}}, {work: {call: work, with: {ms: 3}, output: {as: 30}}}]}
      output: {as: '${ {sum: ($input.sum + (. | add))} }'}
  - stubborn:
      try: [{fails: {call: fail, with: {message: 'as it should'}}}]
      catch:
        retry: {delay: {milliseconds: 15}, limit: {attempt: {count: 2}}}
        do: [{mended: {call: work, with: {ms: 3}}}]
      output: {as: '${ {sum: ($input.sum + 100)} }'}
  - rest: {wait: {milliseconds: 30}}
  - person:
      call: ask-human
      with: {question: 'Go on?', form: {type: object, required: [n], properties: {n: {type: integer}}}}
      output: {as: '${ {sum: ($input.sum + .n)} }'}
  - inner: {run: {workflow: {namespace: default, name: part, version: 1.0.0, input: {sum: '${ .sum }'}}}}
  - back:
      for: {each: n, in: '${ [1, 2, 3, 4] }'}
      do:
        - step: {call: work, with: {ms: 3}, output: {as: '${ {sum: ($input.sum + $n)} }'}}
"""
PART = """document: {dsl: 1.0.3, namespace: default, name: part, version: 1.0.0}
do:
  - one: {call: work, with: {ms: 3}, output: {as: '${ {sum: ($input.sum + 5000)} }'}}
  - two: {call: work, with: {ms: 3}, output: {as: '${ {sum: ($input.sum + 5000)} }'}}
"""
SUM = 15 + 60 + 100 + 1000 + 10000 + 10
STEPS, PART_STEPS = 5 + 3 + 1 + 4, 2  # calls of `work`, each an effect that may happen once


class Journey:
    """Two orchestrators, one of which is told where to die; the other goes on."""

    def __init__(self, stage):
        if not is_known(stage.products / "batond", VARIABLE, "journaled"):
            raise Skipped(f"this build of batond does not know {VARIABLE}; a debug build does")
        self.stage = stage
        folder = stage.folder / "workflows"
        folder.mkdir()
        (folder / "journey.yaml").write_text(FLOW)
        (folder / "part.yaml").write_text(PART)
        self.fleet = Fleet(stage, start=False, count=2, workers=2)
        for member in self.fleet.members:
            member.arguments += ["--workflows", str(folder)]
        self.victim, self.other = self.fleet.members
        self.fleet.start()
        self.start_failing()
        self.caller = stage.caller(self.other.running, "person")
        stage.listed(self.caller, 1, agent="fail")
        self.deaths, self.longest = 0, 0.0

    def start_failing(self):
        environment = os.environ | {
            "BATON_BUS": ",".join(self.fleet.for_workers()), "BATON_NAME": "fail", "BATON_INSTANCE": "1",
            "BATON_AGENTS": "fail"}
        with open(self.stage.folder / "fail.log", "ab") as output:
            self.stage.start(
                [str(self.stage.products / "baton-toolbox")],
                {"stdout": output, "stderr": output, "env": environment})

    def play(self, point, visit):
        """One run whose owner dies when it comes there for so many times; whether it did."""
        if self.victim.lives:
            self.victim.process.kill()
            self.victim.process.wait()
        self.victim.environment = {VARIABLE: f"{point}:{visit}"} if point else {}
        self.fleet.start_member(self.victim)
        client = self.stage.caller(self.victim.running, f"client-{point}-{visit}")
        self.stage.listed(client, 2)
        self.stage.listed(client, 1, agent="fail")
        began = time.monotonic()
        request = client.submit("workflow/journey", {})
        result = self.await_result(client, request)
        self.longest = max(self.longest, time.monotonic() - began)
        died = not self.victim.lives
        self.deaths += died
        where = f"{point}:{visit}"
        check(result == {"sum": SUM}, f"{where}: came to {result}")
        self.compare(request, where)
        self.stage.callers.remove(client)
        client.close()
        return died

    def await_result(self, client, request):
        """Answers the person's question wherever it is asked, and waits for the end."""
        until = time.monotonic() + PATIENCE
        answered = False
        while time.monotonic() < until:
            client.pump(0.02)
            entry = client.book[request]
            check(entry.code in (None, "") or not self.victim.lives, f"ended at once: {entry.ends}")
            if not answered:
                answered = self.answer(request)
            state = self.caller.ask("request", id=request) or {}  # nothing: it is on its way
            if state.get("state") == "succeeded":
                return json.loads(self.result(request))
            check(state.get("state") not in ("failed", "cancelled", "expired", "uncertain"), f"ended so: {state}")
        raise TimeoutError(f"{request} has not ended after {PATIENCE} s: {self.caller.ask('request', id=request)}")

    def result(self, request):
        return json.dumps(self.caller.ask("result", id=request))

    def answer(self, request):
        for task in self.caller.ask("people")["tasks"]:
            if task.get("request") == request:
                self.caller.ask("answer", id=task["id"], answer={"n": 1000})
                return True
        return False

    def compare(self, request, where):
        """Each effect happened once, whoever owned the run."""
        book = books.effects(self.stage.effects_path)
        children = [name for name in book if name.startswith(request + ".")]
        for name, wanted in [(request, STEPS), *((child, PART_STEPS) for child in children)]:
            counts = collections.Counter(execution.step for execution in book[name])
            twice = {step: count for step, count in counts.items() if count > 1}
            check(not twice, f"{where}: steps of {name} happened more than once: {twice}")
            check(len(counts) == wanted, f"{where}: {len(counts)} of {wanted} effects of {name} happened")
        check(len(children) == 1, f"{where}: {len(children)} runs of the inner workflow")


@scenario("runs-owner", "a run's owner dies at every line of its journal: same output, each effect once", quick=True)
def owner_dies(stage):
    journey = Journey(stage)
    check(not journey.play("", 0), "it died though nobody said so")
    runs, places = 1, {}
    for point in ("journaled", "journal-sent"):
        visit = 1
        while journey.play(point, visit):
            runs, visit = runs + 1, visit + (9 if stage.quick else 1)
        places[point] = visit - 1
    return {"injected": journey.deaths, "lost": 0, "doubled": 0, "runs": runs, "lines": places,
            "longest_s": round(journey.longest, 2)}
