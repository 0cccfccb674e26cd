"""Rows that are refused: two of one id, in the words of the file, and harmless where a spreadsheet opens them."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from demandflow.importing import Column, RowMapping, import_file
from demandflow.importing.formulas import as_it_was, harmless
from tests.profiles import examples
from tests.unit.importing.test_importing import HEADER, LAMP, MAPPING, TREE, numbers, opened, written

OTHER_LAMP = LAMP.replace("a lamp", "a bench").replace("north", "east")


class TestTwoRowsOfOneId:
    @pytest.mark.parametrize("correct", [False, True])
    def test_are_not_taken_for_one_case(self, correct: bool, tmp_path: Path) -> None:
        file, kept = written(tmp_path, LAMP, TREE, OTHER_LAMP), tmp_path / "kept.csv"
        with opened() as flow:
            for again in (False, True):
                report = import_file(flow, file, MAPPING, refused=kept, correct=correct)
                assert numbers(report) == ((3, 0, 2, 0, 1) if again else (3, 2, 0, 0, 1))
                assert report.refused[0].reason.startswith("line 4: id: '1' is that of line 2 already")
                assert kept.read_text().splitlines()[1].endswith(OTHER_LAMP), "nothing is lost"
            assert flow.figures().count("corrected") == 0
            (lamp,) = flow.board(open=True).rows
            assert (lamp.text, lamp.place) == ("a lamp", "city/north")

    def test_go_in_once_one_has_an_id_of_its_own(self, tmp_path: Path) -> None:
        kept = tmp_path / "kept.csv"
        with opened() as flow:
            import_file(flow, written(tmp_path, LAMP, OTHER_LAMP), MAPPING, refused=kept)
            kept.write_text(kept.read_text().replace(OTHER_LAMP, OTHER_LAMP.replace("1,", "9,", 1)))
            assert numbers(import_file(flow, kept, MAPPING)) == (1, 1, 0, 0, 0)
            assert flow.figures().count("received") == 2

    def test_that_go_on_from_one_another_go_in_one_after_the_other(self, tmp_path: Path) -> None:
        closed, kept = LAMP.replace(",,a lamp", ",2024-05-02 10:00,a lamp"), tmp_path / "kept.csv"
        with opened() as flow:
            assert numbers(import_file(flow, written(tmp_path, LAMP, closed), MAPPING, refused=kept)) == (2, 1, 0, 0, 1)
            report = import_file(flow, kept, MAPPING)
            assert (numbers(report), report.continued) == ((1, 1, 0, 0, 0), 1)

    def test_that_say_the_same_are_one(self, tmp_path: Path) -> None:
        with opened() as flow:
            spaced = LAMP.replace(",north,", ", north,")
            assert numbers(import_file(flow, written(tmp_path, LAMP, LAMP), MAPPING)) == (2, 1, 1, 0, 0)
            assert numbers(import_file(flow, written(tmp_path, LAMP, spaced), MAPPING))[4] == 1

    def test_a_row_that_was_refused_claims_nothing(self, tmp_path: Path) -> None:
        wrong = LAMP.replace("2024-05-01", "2024-31-01")
        with opened() as flow:
            assert numbers(import_file(flow, written(tmp_path, wrong, OTHER_LAMP), MAPPING)) == (2, 1, 0, 0, 1)


class TestTheWordsOfTheFile:
    def test_times_are_of_its_zone_and_demands_have_its_references(self, tmp_path: Path) -> None:
        early = TREE.replace("2024-05-03 10:00", "2024-05-01 10:00")
        with opened() as flow:
            (refused,) = import_file(flow, written(tmp_path, early), MAPPING).refused
            assert "demand '2', 2024-05-02 09:00:00 America/New_York" in refused.reason
            assert "2024-05-01 10:00:00 America/New_York is earlier" in refused.reason
            assert "UTC" not in refused.reason
            assert not re.search("[0-9a-f]{8}-[0-9a-f]{4}-", refused.reason)

    def test_so_are_the_differences(self, tmp_path: Path) -> None:
        with opened() as flow:
            import_file(flow, written(tmp_path, LAMP), MAPPING)
            later = LAMP.replace("2024-05-01 09:00", "2024-05-01 09:30")
            (changed,) = import_file(flow, written(tmp_path, later), MAPPING).changed
            assert str(changed.differences[0]) == "at: 2024-05-01 09:00:00 EDT → 2024-05-01 09:30:00 EDT"

    def test_a_blank_that_a_field_cannot_be_is_told_with_what_the_mapping_can_say(self, tmp_path: Path) -> None:
        empty = LAMP.replace("a lamp", "")
        with opened() as flow:
            (refused,) = import_file(flow, written(tmp_path, empty), MAPPING).refused
            assert "the mapping can say what it stands for: Column('text', blank=…)" in refused.reason
            values: Any = {**MAPPING.start.values, "text": Column("text", blank="(no words)")}
            mapping = replace(MAPPING, start=replace(MAPPING.start, values=values))
            assert numbers(import_file(flow, written(tmp_path, empty), mapping)) == (1, 1, 0, 0, 0)
            assert flow.board().rows[0].text == "(no words)"


RUN = "=+-@＝＋－＠"
DANGEROUS = (
    "=1+1",
    "+49 30 1234",
    "-5",
    "@SUM(A1)",
    " =1",
    "'=1",
    "''-1",
    "\t=1",
    "\n=1",
    "\r=1",
    '"=1"',
    "＝1",
    "a; =b",
    "x",
)
TEXTS = st.sampled_from(DANGEROUS) | st.text(st.sampled_from("=+-@'\" ,;|\t\r\nab＝"), max_size=8)


def is_run(cell: str) -> bool:
    """Whether a spreadsheet may take the cell for a formula."""
    return cell.lstrip().startswith(tuple(RUN))


@given(st.text(st.sampled_from("=+-@'\" ,;|\t\r\nab^"), max_size=30), st.sampled_from(",;\t|^"))
def test_what_is_made_harmless_is_read_again_as_it_was(text: str, delimiter: str) -> None:
    assert as_it_was(harmless(text, delimiter), delimiter) == text
    lines = "".join(as_it_was(line, delimiter) for line in harmless(text, delimiter).splitlines(keepends=True))
    assert lines == text, "line by line as well"


@given(st.lists(st.lists(TEXTS, min_size=1, max_size=4), max_size=4), st.sampled_from(",;\t|"))
def test_no_cell_is_run_by_a_spreadsheet_whichever_delimiter_it_takes(rows: list[list[str]], delimiter: str) -> None:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator="\n").writerows(rows)
    safe = harmless(out.getvalue(), delimiter)
    for taken in {delimiter, ";", ","}:
        cells = [cell for row in csv.reader(io.StringIO(safe, newline=""), delimiter=taken) for cell in row]
        assert not [cell for cell in cells if is_run(cell) and cell[:1] not in "\r\n"]


@settings(max_examples=examples(40), deadline=None)
@given(st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=4), st.sampled_from(",;\t|"))
def test_a_refused_row_can_be_opened_in_a_spreadsheet_and_fed_in_again_as_it_was(
    rows: list[tuple[str, str]], delimiter: str
) -> None:
    out = io.StringIO()
    write = csv.writer(out, delimiter=delimiter, lineterminator="\n")
    write.writerow(HEADER.split(","))
    for number, (text, about) in enumerate(rows, start=1):
        write.writerow([number, "never", "", text, "phone", "north", about, "lighting", ""])
    mapping = RowMapping(**{**MAPPING.__dict__, "delimiter": delimiter})
    with TemporaryDirectory() as folder, opened() as flow:
        file, kept, again = (Path(folder) / name for name in ("rows.csv", "kept.csv", "again.csv"))
        file.write_bytes(out.getvalue().encode())
        first = import_file(flow, file, mapping, refused=kept)
        second = import_file(flow, kept, mapping, refused=again)
        assert [one.raw for one in second.refused] == [one.raw for one in first.refused]
        assert again.read_bytes().partition(b"\n")[0] == kept.read_bytes().partition(b"\n")[0]
        cells = csv.reader(io.StringIO(kept.read_text("utf-8"), newline=""), delimiter=delimiter)
        assert not [cell for row in cells for cell in row if is_run(cell) and cell[:1] not in "\r\n"]


def test_a_formula_in_a_refused_file_is_a_text_there(tmp_path: Path) -> None:
    kept = tmp_path / "kept.csv"
    with opened() as flow:
        import_file(flow, written(tmp_path, LAMP.replace("a lamp", "=1+1") + ",x"), MAPPING, refused=kept)
        assert ",'=1+1," in kept.read_text()
        kept.write_text(kept.read_text().replace(",x\n", "\n"))
        assert numbers(import_file(flow, kept, MAPPING)) == (1, 1, 0, 0, 0)
        assert flow.board().rows[0].text == "=1+1", "recorded as it was said"


def test_a_header_that_would_be_run_is_read_again_too(tmp_path: Path) -> None:
    kept, header = tmp_path / "kept.csv", HEADER + ",=note"
    with opened() as flow:
        import_file(flow, written(tmp_path, LAMP + ",-1,x", header=header), MAPPING, refused=kept)
        assert kept.read_text().splitlines()[0].endswith(",'=note")
        (refused,) = import_file(flow, kept, MAPPING, refused=tmp_path / "again.csv").refused
        assert refused.raw == LAMP + ",-1,x\n"
        assert (tmp_path / "again.csv").read_text().splitlines()[0] == kept.read_text().splitlines()[0]
