"""Figures of real data equal those of references that were computed independently, to the last digit."""

from __future__ import annotations

from pathlib import Path

import pytest

from demandflow import DemandFlow
from demandflow.importing import Report, import_file, import_files
from tests.profiles import slow
from tests.unit.figures.real import SETS, example

AT_LEAST = {"receipt": 190, "boston": 540, "letters": 20, "chicago": 40}


@pytest.mark.long
@pytest.mark.parametrize("name", [pytest.param(name, marks=slow) if name == "boston" else name for name in SETS])
def test_every_figure_of_the_reference_is_equal(name: str, data: Path) -> None:
    folder, compare = SETS[name]
    found = list(compare(data / folder))
    assert len(found) >= AT_LEAST[name]
    assert not [one for one in found if not one.equal]


def summed(reports: tuple[Report, ...]) -> dict[str, tuple[int, ...]]:
    assert all(one.adds_up for one in reports)
    return {
        one.file.removeprefix("boston311-"): (one.read, one.recorded, one.unchanged, len(one.changed), len(one.refused))
        for one in reports
    }


class TestMessyFiles:
    """(read, recorded, unchanged, changed, refused) of each variant."""

    def test_each_by_itself_loses_nothing(self, data: Path) -> None:
        module = example("import_a_folder")
        found: dict[str, tuple[int, ...]] = {}
        for file in sorted((data / "messy311").iterdir()):
            with DemandFlow.open("memory:", workflows=(module.WORKFLOW,)) as flow:
                report = import_file(flow, file, module.MAPPING)
                found |= summed((report,))
                assert flow.figures().count("received") == report.recorded
        assert found == {
            "100-20dupes-random.csv": (100, 80, 20, 0, 0),
            "100-bad.tsv": (100, 99, 0, 0, 1),
            "100-diff.csv": (100, 100, 0, 0, 0),
            "100-with-nonascii.csv": (100, 100, 0, 0, 0),
            "100.csv": (100, 100, 0, 0, 0),
            "dmy-100.csv": (100, 100, 0, 0, 0),
        }

    def test_all_into_one_log_lose_nothing(self, data: Path, tmp_path: Path) -> None:
        module = example("import_a_folder")
        with DemandFlow.open("memory:", workflows=(module.WORKFLOW,)) as flow:
            reports = import_files(flow, [data / "messy311"], module.MAPPING, refused=tmp_path)
            assert summed(reports) == {
                "100-20dupes-random.csv": (100, 80, 20, 0, 0),
                "100-bad.tsv": (100, 20, 79, 0, 1),
                "100-diff.csv": (100, 0, 96, 4, 0),
                "100-with-nonascii.csv": (100, 0, 98, 2, 0),
                "100.csv": (100, 0, 100, 0, 0),
                "dmy-100.csv": (100, 0, 100, 0, 0),
            }
            assert flow.figures().count("received") == 100
            kept = tmp_path / "boston311-100-bad.tsv.refused"
            mended = kept.read_text().replace("City Worker App\tCitizens Connect App", "City Worker App")
            kept.write_text(mended)
            again = import_file(flow, kept, module.MAPPING)
            assert summed((again,)) == {"100-bad.tsv.refused": (1, 0, 1, 0, 0)}, "mended, it is what is known"

    def test_corrections_on_request(self, data: Path) -> None:
        module, files = example("import_a_folder"), data / "messy311"
        with DemandFlow.open("memory:", workflows=(module.WORKFLOW,)) as flow:
            import_file(flow, files / "boston311-100.csv", module.MAPPING)
            report = import_file(flow, files / "boston311-100-with-nonascii.csv", module.MAPPING, correct=True)
            done = {(one.field, one.corrected) for row in report.changed for one in row.differences}
            assert done == {("place", True), ("close.reason", True)}
            assert flow.figures().count("corrected") == 2
            back = import_file(flow, files / "boston311-100.csv", module.MAPPING)
            assert {one.field for row in back.changed for one in row.differences} == {"place", "close.reason"}
