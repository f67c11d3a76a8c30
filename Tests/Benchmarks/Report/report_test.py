#!/usr/bin/env python3
"""How rows are made and judged, and when a change is one. Run by `ops/test --only shell`."""
import contextlib
import io
import json
import os
import pathlib
import sys
import tempfile
import unittest

import report
import where


def line(name="calls", unit="/s", better="higher", target="", peer="", samples="", beside=""):
    return report.row("\t".join([name, unit, better, target, peer, samples, beside]))


def verdict(old, new):
    return report.compared(old, new)["verdict"]


class Rows(unittest.TestCase):
    def test_a_row_has_the_median_the_spread_and_the_ratios_of_the_pairs(self):
        row = line(peer="limit", samples="10 30 20", beside="20 40 80")
        self.assertEqual((row["median"], row["least"], row["greatest"]), (20, 10, 30))
        self.assertEqual(row["beside"]["median"], 40)
        self.assertEqual((row["ratio"]["median"], row["ratio"]["least"], row["ratio"]["greatest"]), (0.5, 0.25, 0.75))

    def test_targets_are_judged_by_the_median_the_ratio_or_each_sample(self):
        for target, met in [("", None), ("> 19", True), ("> 20", False), ("<= 20", True), ("== 20", True),
                            ("every <= 30", True), ("every < 30", False), ("ratio >= 0.5", True),
                            ("ratio < 0.5", False), ("> 19 and ratio >= 0.5", True),
                            ("> 20 and ratio >= 0.5", False), ("> 19 and ratio > 0.5", False)]:
            row = line(target=target, peer="limit", samples="10 30 20", beside="20 40 80")
            self.assertEqual(row.get("met"), met, target)

    def test_a_ratio_without_anything_beside_it_is_missed(self):
        self.assertIs(line(target="ratio >= 0", samples="1")["met"], False)
        self.assertIs(line(target="ratio <= 9", samples="1", beside="0")["met"], False)
        self.assertIs(line(target="noise", samples="1")["met"], False)

    def test_no_different_from_what_stands_beside_it(self):
        for samples, beside, met in [("10 12", "11 13", True), ("102 103", "100 101", True), ("20 21", "10 11", False)]:
            self.assertIs(line(target="noise", peer="nobody", samples=samples, beside=beside)["met"], met, samples)

    def test_no_samples_and_wrong_targets_are_refused(self):
        for arguments in [{"samples": ""}, {"samples": "1", "target": "about 5"}]:
            with self.assertRaises(report.Refusal):
                line(**arguments)


class Changes(unittest.TestCase):
    def test_a_change_is_one_when_the_spreads_part_and_it_is_large_enough(self):
        before = line(samples="100 105 110")
        for samples, expected in [("140 145 150", "faster"), ("70 75 80", "slower"), ("109 150 190", "noise"),
                                  ("111 112 113", "noise"), ("100 105 110", "noise")]:
            self.assertEqual(verdict(before, line(samples=samples)), expected, samples)

    def test_less_time_is_faster_and_less_memory_is_better(self):
        self.assertEqual(verdict(line(unit="us", better="lower", samples="10 11 12"),
                                 line(unit="us", better="lower", samples="5 6 7")), "faster")
        self.assertEqual(verdict(line(unit="MB", better="lower", samples="20 20 20"),
                                 line(unit="MB", better="lower", samples="25 25 25")), "worse")

    def test_the_ratio_to_the_limit_decides_where_there_is_one(self):
        before = line(peer="limit", samples="50 51 52", beside="100 102 104")
        half_the_machine = line(peer="limit", samples="25 26 27", beside="50 52 54")
        slower = line(peer="limit", samples="44 45 46", beside="100 102 104")
        self.assertEqual(verdict(before, half_the_machine), "noise")
        self.assertEqual(verdict(before, slower), "slower")
        self.assertEqual(report.compared(before, slower)["by"], "ratio")

    def test_another_neighbour_leaves_the_plain_values(self):
        before = line(peer="limit", samples="50 51 52", beside="100 102 104")
        after = line(peer="nobody", samples="50 51 52", beside="50 51 52")
        self.assertEqual(report.compared(before, after)["by"], "value")

    def test_few_samples_need_twice_the_change(self):
        self.assertEqual(verdict(line(samples="100"), line(samples="115")), "noise")
        self.assertEqual(verdict(line(samples="100"), line(samples="125")), "faster")

    def test_instructions_change_by_half_a_percent_and_what_has_no_direction_never(self):
        def count(samples):
            return line(unit="instructions", better="lower", samples=samples)
        self.assertEqual(verdict(count("1000 1000 1001"), count("1006 1006 1007")), "slower")
        self.assertEqual(verdict(line(better="none", samples="1 1 1"), line(better="none", samples="9 9 9")), "noise")

    def test_nothing_before_is_no_division_by_zero(self):
        lost = {"unit": "calls", "better": "lower"}
        self.assertEqual(verdict(line(samples="0 0 0", **lost), line(samples="0 0 0", **lost)), "noise")
        self.assertEqual(verdict(line(samples="0 0 0", **lost), line(samples="3 4 5", **lost)), "worse")


class Baselines(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        before = os.environ.get("XDG_STATE_HOME")
        os.environ["XDG_STATE_HOME"] = self.folder.name
        self.addCleanup(lambda: os.environ.pop("XDG_STATE_HOME") if before is None
                        else os.environ.update(XDG_STATE_HOME=before))

    def run_report(self, samples, *options, transport="tcp"):
        """The exit code and the object of one measurement."""
        rows = pathlib.Path(self.folder.name) / "rows"
        rows.write_text("\t".join(["calls", "/s", "higher", "> 50", "", samples, ""]) + "\n")
        return self.run_main("rows", str(rows), "--measured", "limit", "--title", "Calls", "--setting",
                             f"transport={transport}", "--json", *options)

    def run_main(self, *arguments):
        out = io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
            code = report.main(list(arguments))
        return code, out.getvalue()

    def test_what_was_saved_is_compared_with_and_the_rest_is_kept(self):
        code, out = self.run_report("100 101 102", "--save")
        self.assertEqual((code, "against" in out), (0, False))
        code, out = self.run_report("60 61 62")
        self.assertEqual(json.loads(out)["rows"][0]["against"]["verdict"], "slower")
        stored = json.loads(report.baseline_path().read_text())
        self.assertEqual(stored["measurements"]["limit"]["rows"][0]["median"], 101)

    def test_a_missed_target_is_the_exit_code(self):
        self.assertEqual(self.run_report("10 11 12")[0], 1)

    def test_other_settings_are_not_compared(self):
        self.run_report("100 101 102", "--save")
        _, out = self.run_report("60 61 62", transport="ipc")
        self.assertEqual(json.loads(out)["baseline"]["differs_in"], ["transport"])
        self.assertNotIn("against", json.loads(out)["rows"][0])

    def test_two_files_are_compared_and_a_slower_row_is_the_exit_code(self):
        files = []
        for samples in ["100 101 102", "60 61 62"]:
            files.append(pathlib.Path(self.folder.name) / f"{len(files)}.json")
            files[-1].write_text(self.run_report(samples)[1])
        self.assertEqual(self.run_main("compare", *map(str, files))[0], 1)
        self.assertEqual(self.run_main("compare", *map(str, reversed(files)))[0], 0)
        code, out = self.run_main("compare", *map(str, files))
        self.assertIn("slower", out)

    def test_what_is_no_baseline_is_refused_and_not_overwritten(self):
        path = report.baseline_path()
        path.parent.mkdir(parents=True)
        for text in ["", "[]", "{}", '{"measurements": {"limit": 3}, "machine": ""}']:
            path.write_text(text)
            self.assertEqual(self.run_report("1 2 3", "--save")[0], 1)
            self.assertEqual(path.read_text(), text)

    def test_the_closing_table_names_what_failed_and_what_was_missed(self):
        folder = pathlib.Path(self.folder.name)
        (folder / "limit.json").write_text(self.run_report("10 11 12")[1])
        code, out = self.run_main("all", str(folder), "limit", "idle")
        self.assertEqual(code, 1)
        self.assertRegex(out, r"idle +failed")
        self.assertIn("missed: limit: calls", out)


class Functions(unittest.TestCase):
    def test_a_function_costs_what_it_does_itself_and_not_what_it_calls(self):
        with tempfile.NamedTemporaryFile("w", suffix=".callgrind") as file:
            file.write("positions: line\nevents: Ir\n\nfn=(1) main\n16 20\ncfn=(2) work\ncalls=1 50\n16 400\n+1 3\n"
                       "\nfn=(2)\n50 300\n* 100\n")
            file.flush()
            self.assertEqual(where.costs(file.name), {"main": 23, "work": 400})


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[1:]])
