"""Plays scenarios one after another and closes with a table; ops/chaos starts it."""
import argparse
import json
import os
import pathlib
import signal
import sys
import time
import traceback

from . import (
    mutants, of_books, of_crash_points, of_daemons, of_nemesis, of_networks, of_orchestrators, of_partitions,
    of_records, of_resources, of_runs, of_schedules, of_sentinels, of_store_links, of_stores, of_workers)
from .catalog import SCENARIOS
from .stage import Failed, Skipped, Stage

EXIT_FAILED, EXIT_USAGE = 1, 2
LONGEST = 400  # characters of a reason; all of it stands in --json


def main():
    options = arguments()
    scenarios = mutants.scenarios() if options.mutants else [SCENARIOS[name] for name in chosen(options)]
    if options.list:
        for scenario in scenarios:
            print(f"{scenario.name:30} {scenario.about}{' (quick)' if scenario.quick else ''}")
        return 0
    reports = [
        play(scenario, options, options.seed + turn) for turn in range(options.times) for scenario in scenarios]
    if options.json:
        print(json.dumps({"seed": options.seed, "products": str(options.products), "scenarios": reports}))
    else:
        show(reports, options)
    return EXIT_FAILED if any(report["verdict"] == "failed" for report in reports) else 0


def arguments():
    parser = argparse.ArgumentParser(prog="ops/chaos")
    parser.add_argument("names", nargs="*")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--mutants", action="store_true")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--times", type=int, default=1)
    parser.add_argument("--samples", type=int)
    parser.add_argument("--minutes", type=float)
    parser.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(3), "big"))
    parser.add_argument("--products", type=pathlib.Path)
    return parser.parse_args()


def chosen(options):
    """The scenarios whose names begin with what was asked for: F42 is every F42."""
    all_names, names = sorted(SCENARIOS, key=row), []
    if not options.names:
        return [name for name in all_names if SCENARIOS[name].quick or not options.quick]
    for asked in options.names:
        found = [name for name in all_names if name.lower() == asked.lower()] or [
            name for name in all_names if name.lower().split("-")[0] == asked.lower()]
        if not found:
            print(f"ops/chaos: there is no scenario '{asked}'; --list shows them", file=sys.stderr)
            sys.exit(EXIT_USAGE)
        names += [name for name in found if name not in names]
    return names


def row(name):
    """Sorts by matrix and row: the faults first."""
    number = int(name[1:3]) if name[1:3].isdigit() else 99  # those without a row come last
    return name[0] != "F", number, name


def play(scenario, options, seed):
    """One scenario on a stage of its own; what became of it."""
    print(f"==> {scenario.name}: {scenario.about} (seed {seed})", file=sys.stderr, flush=True)
    stage = Stage(options.products, seed, options.samples, options.minutes, options.quick)
    report, began = {"name": scenario.name, "seed": seed, "verdict": "passed"}, time.monotonic()
    try:
        report["figures"] = scenario.play(stage)
        crashes = list(stage.crashes())
        if crashes:
            raise Failed("; ".join(crashes))
    except Skipped as reason:
        report |= {"verdict": "skipped", "reason": str(reason)}
    except Exception as error:  # whatever goes wrong is this scenario's failure, and the next one is played
        place = traceback.extract_tb(error.__traceback__)[-1]
        word = "" if isinstance(error, Failed) else f"{type(error).__name__} in {place.name}:{place.lineno}: "
        report |= {"verdict": "failed", "reason": f"{word}{error}", "folder": str(stage.folder),
                   "figures": getattr(error, "figures", {})}
        stage.dump()
    finally:
        report["seconds"] = round(time.monotonic() - began, 1)
        stage.close(keep=report["verdict"] == "failed")
    tell(report)
    return report


def tell(report):
    words = {"passed": "ok", "failed": "FAIL", "skipped": "skipped"}
    print(f"    {words[report['verdict']]}: {details(report)}", file=sys.stderr, flush=True)


def details(report):
    figures = ", ".join(f"{name} {value}" for name, value in report.get("figures", {}).items())
    reason = report.get("reason", "")[:LONGEST]
    if report["verdict"] == "passed":
        return figures
    folder = f" (see {report['folder']})" if "folder" in report else ""
    return reason + folder + (f"; {figures}" if figures else "")


COLUMNS = ("injected", "lost", "doubled", "restarted", "longest_pause_s")


def show(reports, options):
    """The table, and the counts that ops/test reads."""
    heads = "".join(f" {name.removesuffix('_s').removeprefix('longest_'):>9}" for name in COLUMNS)
    print(f"\n{'scenario':26} {'row':4} {'verdict':8} {'seconds':>7}{heads}  figures")
    for report in reports:
        figures = report.get("figures", {})
        cells = "".join(f" {figures.get(name, '')!s:>9}" for name in COLUMNS)
        print(f"{report['name']:26} {report['name'].split('-')[0]:4} {report['verdict']:8} {report['seconds']:7.1f}"
              f"{cells}  {details(report | {'figures': {k: v for k, v in figures.items() if k not in COLUMNS}})}")
    for report in reports:
        if report["verdict"] == "skipped":
            print(f"skipped: {report['name']}: {report['reason']}")
    counts = {word: sum(report["verdict"] == word for report in reports) for word in ("passed", "failed")}
    print(f"\nseed {options.seed}: {counts['passed']} passed, {counts['failed']} failed")


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # either way every process is ended
    # They enter their scenarios when they are read.
    assert of_books and of_workers and of_networks and of_daemons and of_stores and of_store_links and of_records
    assert of_orchestrators and of_crash_points and of_partitions and of_resources and of_nemesis
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
