#!/usr/bin/env python3
"""Where the instructions went: the functions whose own share of a call differs most between two callgrind files.

    where.py BEFORE NOW CALLS
    where.py FILE               the instructions of the program's own code, without its libraries
"""
import collections
import re
import subprocess
import sys

SHOWN = 12


def costs(path, program=None):
    """Instructions of each function itself, without those of what it calls; of one program or library alone."""
    names, objects, found = {}, {}, collections.Counter()
    function, object, is_call = "", "", False
    with open(path, errors="replace") as lines:
        for line in lines:
            if line.startswith(("ob=", "cob=")):
                number, name = re.match(r"c?ob=(\(\d+\))? ?(.*)", line).groups()
                if name:
                    objects[number] = name.split("/")[-1]
                object = objects[number] if line.startswith("ob=") else object
            elif line.startswith("fn="):
                number, name = re.match(r"fn=(\(\d+\))? ?(.*)", line).groups()
                function = names.setdefault(number, name) if number else name
            elif line.startswith("cfn="):
                number, name = re.match(r"cfn=(\(\d+\))? ?(.*)", line).groups()
                if number and name:
                    names.setdefault(number, name)
            elif line.startswith("calls="):
                is_call = True
            elif line[0] in "0123456789+-*":
                # The line after `calls=` is what the called one cost.
                if not is_call and program in (None, object):
                    found[function] += int(line.split()[1])
                is_call = False
    return found


def demangled(names):
    try:
        done = subprocess.run(["swift", "demangle", "--simplified"], input="\n".join(names), capture_output=True,
                              text=True, check=True)
        return done.stdout.splitlines()
    except (OSError, subprocess.CalledProcessError):
        return names


def main(before, now, calls):
    old, new = costs(before), costs(now)
    differences = sorted(((new[name] - old[name]) / int(calls), name) for name in {*old, *new})
    largest = sorted(differences, key=lambda one: -abs(one[0]))[:SHOWN]
    for (change, _), name in zip(largest, demangled([name for _, name in largest])):
        print(f"  {change:+8.0f}  {name[:100]}")


if __name__ == "__main__":
    if len(sys.argv) == 2:
        print(sum(costs(sys.argv[1], "batond").values()))
    elif len(sys.argv) == 4:
        main(*sys.argv[1:])
    else:
        sys.exit(__doc__)
