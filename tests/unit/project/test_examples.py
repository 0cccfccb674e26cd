"""Every example runs, and says what it promises."""

from __future__ import annotations

import csv
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

from demandflow import DemandFlow
from tests.paths import ROOT
from tests.profiles import SHARE, slow
from tests.servers import WHY_NOT, binaries
from tests.unit.figures.real import example

pytestmark = pytest.mark.untraced

EXAMPLES = sorted((ROOT / "examples").glob("*.py"))


def test_every_example_is_run_by_a_test() -> None:
    text = Path(__file__).read_text(encoding="utf-8")
    run = {*re.findall(r'example\("(\w+)"\)', text), *STORIES, "county_services", "many_desks", "own_server"}
    assert {file.stem for file in EXAMPLES} <= run, "whole_county plays county_services, many_desks uses own_server"
    stories = [file for file in EXAMPLES if file.stem in ("first_demand", "when_a_rule_says_no")]
    assert len(stories) == 2
    assert all(len(file.read_text(encoding="utf-8").splitlines()) < 60 for file in stories)


def test_the_first_demand(capsys: pytest.CaptureFixture[str]) -> None:
    example("first_demand").main()
    said = capsys.readouterr().out
    assert "It is closed." in said
    assert "1 received = 0 open + 1 closed" in said


def test_when_a_rule_says_no(capsys: pytest.CaptureFixture[str]) -> None:
    example("when_a_rule_says_no").main()
    said = capsys.readouterr().out
    for error in ("MoveNotAllowed", "RoleNotAllowed", "RuleBroken", "InvalidValue"):
        assert f"  {error}: " in said
    assert "The demand is as it was: registered, version 1." in said


class TestTheCountysYear:
    def run(self, folder: Path, capsys: pytest.CaptureFixture[str], *year: str) -> str:
        example("county_year").main(str(folder / "year.db"), *year)
        return capsys.readouterr().out

    def test_prints_what_the_county_reported(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        said = self.run(tmp_path, capsys)
        for line in (
            "resolved, of received      125/146 = 85.6 %",
            "resolved, of accountable   125/134 = 93.3 %",
            "satisfied, strict          121/125 = 96.8 %",
            "satisfied, lenient         125/125 = 100.0 %",
            "between 121/128 = 94.5 % and 124/128 = 96.9 %",
            "146 received = 6 open + 128 closed + 5 refused + 3 withdrawn + 4 merged",
            str(tmp_path / "year.db"),
        ):
            assert line in said
        with DemandFlow.open(f"sqlite:///{tmp_path / 'year.db'}", zone="Asia/Shanghai") as flow:
            figures = flow.figures()
            grades = ("very_satisfied", "satisfied", "basically_satisfied", "silent", "taken_over")
            assert [figures.count(grade) for grade in grades] == [70, 51, 4, 3, 1]
            assert all(figures.count(what) for what in ("suspended", "handed_back", "reworked", "extended", "reopened"))
            assert len(flow.figures_by("place", level=3)) == 6
            assert len(flow.figures_by("category")) == 8
            assert len(flow.figures_by("channel")) == 5
            assert len({row.state for row in flow.board(open=True).rows}) == 6

    def test_run_twice_changes_nothing(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        first = self.run(tmp_path, capsys)
        assert self.run(tmp_path, capsys) == first

    def test_holds_no_total(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        with (ROOT / "examples" / "county_year.csv").open(encoding="utf-8", newline="") as lines:
            rows = list(csv.DictReader(lines))
        changed = next(row for row in rows if row["grade"] == "very_satisfied")
        changed["grade"] = "dissatisfied"
        year = tmp_path / "another.csv"
        with year.open("w", encoding="utf-8", newline="") as lines:
            writer = csv.DictWriter(lines, rows[0])
            writer.writeheader()
            writer.writerows(rows)
        said = self.run(tmp_path, capsys, str(year))
        assert "satisfied, strict          120/125 = 96.0 %" in said
        with DemandFlow.open(f"sqlite:///{tmp_path / 'year.db'}", zone="Asia/Shanghai") as flow:
            figures = flow.figures()
            assert (figures.count("very_satisfied"), figures.count("dissatisfied")) == (69, 1)
            graded = [row for row in flow.board(limit=200).rows if row.grade == "dissatisfied"]
            assert [row.text for row in graded] == [changed["text"]]
        script = (ROOT / "examples" / "county_year.py").read_text(encoding="utf-8")
        assert not re.search(r"\b(125|128|121|124|134)\b", script)


@slow
def test_boston_prints_its_figures_and_keeps_what_it_refuses(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    boston: Any = example("import_boston_311")
    file, kept = data / "boston311" / "boston311_2013_2015.csv.gz", tmp_path / "refused.csv"
    boston.main(str(file), str(tmp_path / "boston.db"), str(kept))
    said = capsys.readouterr().out
    for line in (
        "14584 read = 14581 recorded + 0 unchanged + 0 changed + 3 refused",
        "14581 received = 6795 open + 7786 closed + 0 refused + 0 withdrawn + 0 merged",
        "of the ended 6994/7281 = 96.1 % (besides, ",
        "by the clocks on the wall: median 1 h 45 min, 90 % within 9 d 21 h",
        "resolved n/a",
        "closed as: Resolved 5472, Other 1268, Invalid 611, Noted 297, Duplicate Case 110, Referred 28",
    ):
        assert line in said
    assert said.count("refused line") == 3
    assert len(kept.read_text(encoding="utf-8").splitlines()) == 4
    boston.main(str(file), str(tmp_path / "boston.db"), str(kept))
    assert "14584 read = 0 recorded + 14581 unchanged + 0 changed + 3 refused" in capsys.readouterr().out


@slow
def test_bostons_duplicates_may_end_as_merged(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    boston: Any = example("import_boston_311")
    file, database = data / "boston311" / "boston311_2013_2015.csv.gz", str(tmp_path / "boston.db")
    boston.main(str(file), database, str(tmp_path / "refused.csv"), "--ends")
    said = capsys.readouterr().out
    assert "14581 received = 6795 open + 7065 closed + 611 refused + 0 withdrawn + 110 merged" in said
    with DemandFlow.open(f"sqlite:///{database}", workflows=(boston.ENDS,), zone="America/New_York") as flow:
        merged = [flow.demand(one.demand) for one in flow.counted("merged")]
        assert {one.attributes["duplicate_of"] for one in merged} == {"not in the file"}


def test_no_importer_reads_the_citys_verdict() -> None:
    script = (ROOT / "examples" / "import_boston_311.py").read_text(encoding="utf-8")
    assert '"on_time"' not in script
    assert "reference.json" not in script


@pytest.mark.long
def test_the_permits_replay_and_the_workflow_is_no_open_door(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    example("replay_receipt").main(str(data / "receipt" / "receipt.csv"))
    said = capsys.readouterr().out
    for line in (
        "1434 cases, 8577 steps of 27 activities",
        "116 variants; the most frequent 713 cases",
        "1434 received = 105 open + 1329 closed",
        "on time, of the due 952/1368 = 69.6 %; of the ended 952/1329 = 71.6 % (besides, 39 overdue)",
        "39 open and overdue, 66 open and not yet due",
        "steps after the end: 180 in 145 cases",
        "{'end before start': 2, 'first step before start': 2}",
        "920 histories that are not in the log: 127 admitted, 793 refused",
    ):
        assert line in said


@pytest.mark.long
def test_letters_are_answered_and_nobody_is_asked(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = data / "taidi"
    example("import_letters").main(str(folder / "letters.csv.gz"), str(folder / "categories.csv"))
    said = capsys.readouterr().out
    assert "2816 read = 2816 recorded" in said
    assert "2559 authors, 178 of them with several letters; 61 repeats suggested" in said
    assert "satisfaction n/a: nobody was asked" in said


def test_parents_wait_for_their_child_orders(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    example("child_orders").main(str(data / "chicago_open311" / "requests.json"))
    before, _, after = capsys.readouterr().out.partition("with the rule")
    assert before.count("orphan:") == after.count("orphan:") == 3
    assert before.count("never closed:") == 4
    assert "request@1: 50 received = 1 open + 49 closed" in before
    assert "refused:" not in before
    assert after.count("refused: ") == 3
    assert "request@1: 50 received = 4 open + 46 closed" in after


def test_a_folder_of_messy_files(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    example("import_a_folder").main(str(data / "messy311"), "", str(tmp_path))
    said = capsys.readouterr().out
    assert "boston311-100-bad.tsv: 100 read = 20 recorded + 79 unchanged + 0 changed + 1 refused" in said
    assert "refused: line 41: row: it has 30 fields, the header has 29" in said
    assert "text: 'Litter / Ground" in said


@pytest.mark.long
def test_a_strangers_workflow_passes_its_own_tests_and_a_wrong_one_is_reported(tmp_path: Path) -> None:
    folder = ROOT / "examples" / "your_own_workflow"
    here = {**os.environ, "PYTHONPATH": str(folder)}
    tests = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(folder)]
    done = subprocess.run(tests, capture_output=True, text=True, check=False, env=here, cwd=ROOT)
    assert done.returncode == 0, done.stdout
    script = [sys.executable, str(folder / "report_of_a_mistake.py")]
    report = subprocess.run(script, capture_output=True, text=True, check=True, env=here, cwd=tmp_path).stdout
    assert "decide by zhao was recorded, although zhao asked for this party" in report
    copied = report.partition("The same as a test:")[2]
    for name, rules in (("mistaken", ""), ("mended", "nobody_decides_on_their_own_party")):
        code = f"from street_party import street_party\n{copied}\nSTREET_PARTY = street_party({rules})\n"
        (tmp_path / f"test_{name}.py").write_text(code, "utf-8")
    again = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_mistaken.py", "test_mended.py"]
    found = subprocess.run(again, capture_output=True, text=True, check=False, env=here, cwd=tmp_path).stdout
    assert re.search("^FAILED test_mistaken.py::", found, re.MULTILINE), found
    assert "1 failed, 1 passed in" in found


@pytest.mark.long
def test_a_week_at_the_hotline(capsys: pytest.CaptureFixture[str]) -> None:
    example("a_week_at_the_hotline").main()
    said = capsys.readouterr().out
    assert re.search(r"^\d{4} received = ", said)
    assert re.search(r"\d+ were escalated, because of: finish \d+", said)
    assert "0 reactions are parked" in said
    was, would = (int(number) for number in re.findall(r"clock finish:.* met (\d+) → (\d+)", said)[0])
    assert would < was, "a stricter clock is met less often"
    if SHARE == 1:
        example("a_week_at_the_hotline").main()
        assert capsys.readouterr().out == said, "chance is thrown with a seed"


@pytest.mark.long
def test_the_whole_county(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    whole = example("whole_county")
    whole.main(str(tmp_path / "year.db"))
    said = capsys.readouterr().out
    plain = re.sub(r" {2,}", "  ", said)
    for line in (
        *("towns  6", "urban communities  6 (5 of the plate type, 1 of the unit type)", "party branches  6"),
        *("party members  465", "residential quarters  198", "grids  65", "grid administrators  98"),
        *("disputes and hazards found, and settled  76, 76", "found, by the lists of the rounds  76"),
        *("resolved, of received  125/146 = 85.6 %", "satisfied, strict  121/125 = 96.8 %"),
        "146 received = 6 open + 128 closed + 5 refused + 3 withdrawn + 4 merged",
        *("departments on the menu  8", "members and volunteers who say what they can do  1300"),
        *("activities  35", "participations  1380", "kept, of those that were due  52 of 59 = 88.1 %"),
        *("members who reported in to a community  2620", "teams of volunteers  33", "activities of teams  40"),
        *("practical things done  200", "made again after a correction  the same, byte for byte"),
    ):
        assert line in plain, line
    whole.main(str(tmp_path / "year.db"))
    assert capsys.readouterr().out == said, "run again, it says the same"


@pytest.mark.long
@pytest.mark.skipif(binaries() is None, reason=WHY_NOT)
def test_many_desks_share_one_board_and_leave_nothing_behind() -> None:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)  # the server may be another user's
        script, here = [sys.executable, str(ROOT / "examples" / "many_desks.py")], {**os.environ, "TMPDIR": folder}
        done = subprocess.run(script, capture_output=True, text=True, check=False, env=here)
        assert done.returncode == 0, done.stderr
        assert not list(Path(folder).iterdir())
    assert re.search(r"^  meanwhile: .* \(.*\) \w+ → \w+$", done.stdout, re.MULTILINE)
    rows = re.findall(r"^(.+?) +was too late +(\d+) times because of +(.+)$", done.stdout, re.MULTILINE)
    assert sum(int(times) for _, times, _ in rows) == int(done.stdout.split()[0]) > 0
    assert all(loser != winner for loser, _, winner in rows)
    for line in (
        "12 received = 0 open + 12 closed + 0 refused + 0 withdrawn + 0 merged",
        "satisfied 12/12 = 100.0 %",
        "84 events of 12 demands: all is there",
    ):
        assert line in done.stdout


STORIES = {
    "patrol": ("Gao may not check it", "check → closed", "n/a: no resident was asked"),
    "order_from_the_menu": ("Not ordered: answers: steps", "version 2", "A ramp for your door, version 1"),
    "match_a_volunteer": ("1. Chu offers haircut", "not Dai: has no time then", "Bai serves", "It is closed."),
    "two_commitments": ("Not broken yet", "stairway: kept", "gate: broken"),
    "monthly_report": ("the same, byte for byte", "Qian: minutes -120", "('', 'minutes'): 60"),
}


@pytest.mark.parametrize("name", STORIES)
def test_the_five_stories_of_the_county(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    example(name).main()
    said = capsys.readouterr().out
    for words in STORIES[name]:
        assert words in said, words
