#!/usr/bin/env python3
"""What every measurement of ops/bench says at its end, and what it says about a baseline.

    report.py rows FILE --measured NAME --title TEXT [--setting KEY=VALUE]… [--json] [--save]
    report.py all FOLDER NAME… [--json] [--save]    the objects NAME.json of a folder, in one closing table
    report.py compare A B [--json]                  two saved baselines, or two objects that --json printed

FILE has a line a row, its cells apart by tabs: name, unit, which way is better (higher, lower, none), target, name of
what was measured beside it, the samples, and the samples of what was measured beside it, pair by pair. A target is
`[ratio|every] OPERATOR NUMBER` (of the median, of the median of the ratios, or of each sample), several of them with
`and` between them, `noise` (no different from what stands beside it), or nothing.
"""
import argparse
import datetime
import json
import operator
import os
import pathlib
import re
import statistics
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[3]
OPERATORS = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "==": operator.eq}
# The least change that is one. A ratio to what ran beside it cancels the drift of a shared machine, a count of
# instructions and of bytes hardly drifts at all; a plain rate or time does, up to twofold.
LEAST_EFFECT = {"ratio": 0.05, "instructions": 0.005, "MB": 0.05}
LEAST_EFFECT_OF_OTHERS = 0.10
FEWEST_SAMPLES = 3
NO_DIFFERENCE = 0.05
SPEEDS = {"/s", "us", "ms", "s", "instructions"}


class Refusal(Exception):
    """What cannot be done, and what to do instead."""


# ---- rows


def summary(samples):
    return {"median": round(statistics.median(samples), 4), "least": min(samples), "greatest": max(samples),
            "samples": len(samples)}


def row(line):
    """A line of the shell's as a row."""
    name, unit, better, target, peer, samples, beside = (line.rstrip("\n").split("\t") + [""] * 7)[:7]
    values, others = [float(text) for text in samples.split()], [float(text) for text in beside.split()]
    if not values:
        raise Refusal(f"there are no samples of '{name}'")
    result = {"name": name, "unit": unit, "better": better or "none", **summary(values)}
    ratios = [round(value / other, 4) for value, other in zip(values, others) if other > 0]
    if ratios:
        result["beside"] = {"name": peer, **summary(others)}
        result["ratio"] = summary(ratios)
    if target:
        result["target"] = target
        result["met"] = meets(result, values, target)
    return result


def meets(result, values, target):
    return all(meets_one(result, values, one) for one in target.split(" and "))


def meets_one(result, values, target):
    if target == "noise":
        return "ratio" in result and (
            overlap(result, result["beside"]) or abs(result["ratio"]["median"] - 1) <= NO_DIFFERENCE)
    found = re.fullmatch(r"(?:(ratio|every) )?(<=|>=|<|>|==) ([0-9.]+)", target)
    if not found:
        raise Refusal(f"'{target}' is no target")
    subject, comparison, bound = found.groups()
    judged = values if subject == "every" else [statistics.median(values)]
    if subject == "ratio":
        # What was to be measured beside it is missing: that is no success.
        judged = [result["ratio"]["median"]] if "ratio" in result else [float("nan")]
    return all(OPERATORS[comparison](value, float(bound)) for value in judged)


# ---- comparing


def overlap(one, other):
    return one["least"] <= other["greatest"] and other["least"] <= one["greatest"]


def compared(old, new):
    """The verdict on a row against the same row of before: what changed, by how much, and how that was decided."""
    by = "value"
    if "ratio" in old and "ratio" in new and old["beside"]["name"] == new["beside"]["name"]:
        by = "ratio"
    before, after = (old["ratio"], new["ratio"]) if by == "ratio" else (old, new)
    change = after["median"] / before["median"] - 1 if before["median"] else (1.0 if after["median"] else 0.0)
    least = LEAST_EFFECT.get("ratio" if by == "ratio" else new["unit"], LEAST_EFFECT_OF_OTHERS)
    if min(before["samples"], after["samples"]) < FEWEST_SAMPLES:
        least *= 2
    verdict = "noise"
    if abs(change) >= least and not overlap(before, after) and new["better"] != "none":
        is_better = (change > 0) == (new["better"] == "higher")
        words = ("faster", "slower") if new["unit"] in SPEEDS else ("better", "worse")
        verdict = words[0] if is_better else words[1]
    return {"verdict": verdict, "by": by, "change": round(change, 4), "before": before["median"]}


def compare_measurement(old, new):
    """Adds the verdicts to the rows of `new`; nothing where the two do not measure the same."""
    ignored = {"pairs", "seconds"}
    new["baseline"] = {key: old.get(key) for key in ("commit", "date", "load")}
    differing = {key for key in {**old["settings"], **new["settings"]}
                 if key not in ignored and old["settings"].get(key) != new["settings"].get(key)}
    if differing:
        new["baseline"]["differs_in"] = sorted(differing)
        return
    before = {(line["name"], line["unit"]): line for line in old["rows"]}
    for line in new["rows"]:
        if (line["name"], line["unit"]) in before:
            line["against"] = compared(before[line["name"], line["unit"]], line)


# ---- the machine, the commit, the baseline


def machine():
    model = next(iter(re.findall(r"^model name\s*: (.*)$", read("/proc/cpuinfo"), re.M)), os.uname().machine)
    kilobytes = int(next(iter(re.findall(r"^MemTotal:\s*(\d+)", read("/proc/meminfo"), re.M)), 0))
    cores, memory = len(os.sched_getaffinity(0)), round(kilobytes / (1 << 20))
    name = f"{model.strip()}, {cores} cores, {memory} GiB"
    return {"name": name, "slug": re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")}


def read(path):
    try:
        return pathlib.Path(path).read_text()
    except OSError:
        return ""


def commit():
    def git(*arguments):
        return subprocess.run(["git", "-C", str(ROOT), *arguments], capture_output=True, text=True, check=True).stdout
    try:
        return git("rev-parse", "--short", "HEAD").strip() + (" and changes" if git("status", "--porcelain") else "")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def baseline_path():
    state = os.environ.get("XDG_STATE_HOME") or pathlib.Path.home() / ".local/state"
    return pathlib.Path(state) / "baton" / "bench" / f"{machine()['slug']}.json"


def load(path):
    """The measurements of a baseline, or of what --json printed, by their names."""
    try:
        object = json.loads(pathlib.Path(path).read_text())
        measurements = {object["measured"]: object} if "rows" in object else object["measurements"]
        if not all("rows" in one and "settings" in one for one in measurements.values()):
            raise KeyError("rows")
        return object["machine"], measurements
    except OSError as error:
        raise Refusal(f"{path} cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Refusal(f"{path} holds no measurements: move it away, or measure again with --save") from error


def baseline():
    """What was saved on this machine. One that cannot be read does not cost what was just measured."""
    try:
        return load(baseline_path())[1] if baseline_path().exists() else {}
    except Refusal as refusal:
        print(f"ops/bench: no baseline: {refusal}", file=sys.stderr)
        return {}


def save(objects):
    path = baseline_path()
    measurements = load(path)[1] if path.exists() else {}
    for object in objects:
        # A baseline is what was measured, not how that compared to the one before it.
        rows = [{key: value for key, value in line.items() if key != "against"} for line in object["rows"]]
        measurements[object["measured"]] = {**object, "rows": rows}
        measurements[object["measured"]].pop("baseline", None)
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps({"machine": machine()["name"], "measurements": measurements}, indent=1) + "\n")
    fresh.replace(path)
    print(f"saved as the baseline in {path}", file=sys.stderr)


# ---- tables


def number(value):
    if value == int(value) and abs(value) < 1e15 or abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 100 else f"{value:.3g}"


def spread(summary):
    return f"{number(summary['least'])}–{number(summary['greatest'])}" if summary["samples"] > 1 else ""


def cells(line):
    against = line.get("against")
    verdict = {True: "met", False: "missed"}.get(line.get("met"), "")
    beside = line.get("beside")
    return [line["name"], number(line["median"]), line["unit"], spread(line),
            f"{beside['name']} {number(beside['median'])}" if beside else "",
            number(line["ratio"]["median"]) if beside else "", spread(line["ratio"]) if beside else "",
            line.get("target", ""), verdict,
            f"{against['verdict']} ({against['change']:+.1%})" if against else ""]


HEAD = ["", "median", "unit", "spread", "beside it", "ratio", "spread", "target", "", "baseline"]
LEFT = {0, 2, 7, 8, 9}


def table(head, lines):
    """Columns that hold nothing are left out."""
    kept = [i for i in range(len(head)) if any(line[i] for line in lines)]
    widths = {i: max(len(head[i]), *(len(line[i]) for line in lines)) for i in kept}

    def text(line):
        return "  ".join(line[i].ljust(widths[i]) if i in LEFT else line[i].rjust(widths[i]) for i in kept).rstrip()
    return [strong(text(head), "1")] + [coloured(text(line)) for line in lines]


def strong(text, code):
    is_terminal = sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM", "dumb") != "dumb"
    return f"\x1b[{code}m{text}\x1b[0m" if is_terminal and text else text


def coloured(text):
    return strong(text, "31") if re.search(r"\b(missed|slower|worse|failed)\b", text) else text


def heading(object):
    settings = ", ".join(f"{key} {value}" for key, value in object["settings"].items())
    lines = ["", strong(object["title"], "1"),
             f"{object['machine']}; commit {object['commit']}, {object['date']}; load {object['load']}"]
    lines += [settings] if settings else []
    baseline = object.get("baseline")
    if baseline:
        lines.append(f"baseline: commit {baseline['commit']}, {baseline['date']}; load {baseline['load']}")
        if "differs_in" in baseline:
            lines[-1] += f", not compared: it differs in {', '.join(baseline['differs_in'])}"
    return lines + [""]


def closing(objects, failed):
    """How many rows of each measurement met their target, and how many changed."""
    head = ["measurement", "rows", "met", "missed", "faster", "slower", "noise"]
    lines = []
    for object in objects:
        rows = object["rows"]
        verdicts = [line["against"]["verdict"] for line in rows if "against" in line]
        lines.append([object["measured"], str(len(rows)), str(sum(line.get("met") is True for line in rows)),
                      str(sum(line.get("met") is False for line in rows)),
                      str(sum(verdict in ("faster", "better") for verdict in verdicts)),
                      str(sum(verdict in ("slower", "worse") for verdict in verdicts)),
                      str(verdicts.count("noise"))])
    lines += [[name, "failed", "", "", "", "", ""] for name in failed]
    widths = [max(len(line[i]) for line in [head, *lines]) for i in range(len(head))]
    missed = [f"missed: {object['measured']}: {line['name']}: {number(line['median'])} {line['unit']}, "
              f"target {line['target']}" for object in objects for line in object["rows"] if line.get("met") is False]
    text = ["  ".join([line[0].ljust(widths[0])] + [cell.rjust(width) for cell, width in zip(line[1:], widths[1:])])
            for line in [head, *lines]]
    return ["", strong(text[0], "1"), *text[1:], *([""] if missed else []), *missed]


# ---- commands


def measured(options):
    here = machine()
    lines = [line for line in pathlib.Path(options.file).read_text().splitlines() if line]
    rows = [row(line) for line in lines]
    object = {"measured": options.measured, "title": options.title, "machine": here["name"], "commit": commit(),
              "date": datetime.datetime.now().astimezone().isoformat(timespec="minutes"),
              "load": round(os.getloadavg()[0], 2),
              "settings": dict(setting.split("=", 1) for setting in options.setting),
              "rows": rows, "met": all(line.get("met") is not False for line in rows)}
    old = baseline().get(options.measured)
    if old:
        compare_measurement(old, object)
    show(object, options.json)
    if options.save:
        save([object])
    return 0 if object["met"] else 1


def show(object, as_json):
    if as_json:
        print(json.dumps(object))
    else:
        print("\n".join(heading(object) + table(HEAD, [cells(line) for line in object["rows"]])))


def all_of(options):
    objects, failed = [], []
    for name in options.names:
        try:
            objects += load(pathlib.Path(options.folder) / f"{name}.json")[1].values()
        except Refusal:
            failed.append(name)
    met = not failed and all(object["met"] for object in objects)
    if options.json:
        print(json.dumps({"machine": machine()["name"], "met": met, "failed": failed,
                          "measurements": {object["measured"]: object for object in objects}}))
    else:
        for object in objects:
            show(object, False)
        print("\n".join(closing(objects, failed)))
    if options.save:
        save(objects)
    return 0 if met else 1


def compare(options):
    """Exits 1 when something became slower, so that a script can ask."""
    (old_machine, old), (new_machine, new) = load(options.a), load(options.b)
    shared = [name for name in new if name in old]
    if not shared:
        raise Refusal(f"{options.a} and {options.b} have no measurement in common")
    for name in shared:
        compare_measurement(old[name], new[name])
    if options.json:
        print(json.dumps({"machines": [old_machine, new_machine],
                          "measurements": {name: new[name] for name in shared}}))
    else:
        if old_machine != new_machine:
            print(f"two machines: {old_machine} and {new_machine}; only ratios mean something")
        for name in shared:
            print("\n".join(heading(new[name]) + table(
                ["", "before", "now", "unit", "compared by", "change", "verdict"], changes(old[name], new[name]))))
    worse = any(line.get("against", {}).get("verdict") in ("slower", "worse")
                for name in shared for line in new[name]["rows"])
    return 1 if worse else 0


def changes(old, new):
    before = {(line["name"], line["unit"]): line for line in old["rows"]}
    lines = []
    for line in new["rows"]:
        against, earlier = line.get("against"), before.get((line["name"], line["unit"]))
        lines.append([line["name"], number(earlier["median"]) if earlier else "", number(line["median"]),
                      line["unit"], against["by"] if against else "",
                      f"{against['change']:+.1%}" if against else "",
                      against["verdict"] if against else "not compared"])
    return lines


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    rows = commands.add_parser("rows")
    rows.add_argument("file")
    rows.add_argument("--measured", required=True)
    rows.add_argument("--title", required=True)
    rows.add_argument("--setting", action="append", default=[])
    together = commands.add_parser("all")
    together.add_argument("folder")
    together.add_argument("names", nargs="+")
    pair = commands.add_parser("compare")
    pair.add_argument("a")
    pair.add_argument("b")
    for command in (rows, together, pair):
        command.add_argument("--json", action="store_true")
    for command in (rows, together):
        command.add_argument("--save", action="store_true")
    options = parser.parse_args(arguments)
    try:
        return {"rows": measured, "all": all_of, "compare": compare}[options.command](options)
    except Refusal as refusal:
        print(f"ops/bench: {refusal}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
