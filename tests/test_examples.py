"""Every example runs, and says what it promises."""

from __future__ import annotations

import csv
import importlib.util
import json
import re
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from demandflow import DemandFlow
from tests.conftest import ROOT

EXAMPLES = sorted((ROOT / "examples").glob("*.py"))


def example(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "examples" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_example_is_run_by_a_test() -> None:
    text = Path(__file__).read_text(encoding="utf-8")
    assert all(f'example("{file.stem}")' in text for file in EXAMPLES)
    stories = [file for file in EXAMPLES if file.stem not in ("county_year", "import_boston_311")]
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


class TestBoston:
    NAMES = {"rows": "rows", "closed": "closed", "open": "open", "with_target": "with_target"} | {
        "closed_on_time": "closed_on_time",
        "closed_late": "closed_late",
        "open_with_target": "open_with_target",
    }

    def test_counts_equal_the_reference(self, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        boston: Any = example("import_boston_311")
        file = data / "boston311" / "boston311_2013_2015.csv.gz"
        where = (str(tmp_path / "boston.db"), str(tmp_path / "refused.csv"))
        boston.main(str(file), *where)
        said = capsys.readouterr().out
        reference = json.loads((data / "boston311" / "reference.json").read_text(encoding="utf-8"))
        wanted, impossible = reference["without_impossible"], reference["impossible_rows"]
        assert "recorded 14581 + refused 3 = rows 14584" in said
        assert all(f"refused {number}: cannot close: " in said for number in impossible)
        with Path(where[1]).open(encoding="utf-8", newline="") as lines:
            assert [row["case_enquiry_id"] for row in csv.DictReader(lines)] == impossible

        zone, workflows = "America/New_York", (boston.BOSTON,)
        with DemandFlow.open(f"sqlite:///{where[0]}", workflows=workflows, zone=zone) as flow:
            self.compare(boston, "all", {"all": flow.figures()}, {"all": wanted["all"]})
            self.compare(boston, "department", flow.figures_by("contractor"), wanted["by_department"])
            self.compare(boston, "source", flow.figures_by("channel"), wanted["by_source"])
            back = {blank: name for name, blank in boston.BLANK.items()}
            places = {boston.Place(key).names[-1]: one for key, one in flow.figures_by("place", level=2).items()}
            places = {back.get(name, name): one for name, one in places.items()}
            self.compare(boston, "neighbourhood", places, wanted["by_neighborhood"])
            assert flow.figures().resolution().value is None, "the city does not ask whether it was resolved"
            events = flow._log.last_position()

            rows = boston.rows_of(file)[:3000]
            assert not boston.bring_in(flow, rows), "twice in gives the same log"
            assert flow._log.last_position() == events
            changed = [{**rows[0], "case_title": "something else"}]
            assert "case_title" in boston.bring_in(flow, changed)[0]
            assert flow._log.last_position() == events

    def compare(self, boston: Any, where: str, ours: Mapping[str, Any], wanted: dict[str, Any]) -> None:
        assert set(ours) == set(wanted), where
        for key, reference in wanted.items():
            counts = boston.counts(ours[key])
            assert counts == {name: reference[name] for name in counts}, (where, key)
        assert set(self.NAMES) == set(boston.counts(next(iter(ours.values()))))

    def test_the_importer_never_reads_the_citys_verdict(self) -> None:
        script = (ROOT / "examples" / "import_boston_311.py").read_text(encoding="utf-8")
        assert '"on_time"' not in script
        assert "reference.json" not in script
