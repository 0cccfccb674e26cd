"""The importer: nothing lost, nothing twice, whatever the file looks like; figures do not depend on the way."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from demandflow import (
    ANYWHERE,
    START,
    STAY,
    Action,
    Actor,
    Category,
    Channel,
    CommandConflict,
    DemandFlow,
    Figures,
    InvalidValue,
    Move,
    MoveNotAllowed,
    Place,
    Recorded,
    Registration,
    Rejected,
    Stage,
    State,
    StorageBusy,
    Workflow,
    rules,
)
from demandflow.errors import UnknownWorkflow
from demandflow.facts import ContractedOut, Corrected, Fact, Noted, Registered
from demandflow.importing import (
    Column,
    Constant,
    Made,
    PathOf,
    Report,
    RowMapping,
    RowStep,
    Timestamp,
    import_file,
    import_files,
)
from demandflow.store.log import Log
from tests.profiles import examples

CITY = Actor("the city", "city")


class Done(Fact):
    TOPIC: ClassVar[str] = "test.done"
    how: str | None = None


WORK = Workflow(
    "work",
    version=1,
    states=[State("open", Stage.CONTRACTING, owner="city"), State("done", Stage.ENDED, ended_as="closed")],
    moves=[
        Move("open", Registered, START, "open", by="city"),
        Move("assign", ContractedOut, "open", STAY, by="city", means="contracted_out"),
        Move("finish", Done, "open", "done", by="city", rules=(rules.times_do_not_run_backwards,)),
        Move("correct", Corrected, ANYWHERE, STAY, by="city", means="corrected"),
    ],
)
MAPPING = RowMapping(
    source="city",
    reference="id",
    by=CITY,
    zone="America/New_York",
    formats=("%Y-%m-%d %H:%M", "%d/%m/%Y %H:%M"),
    start=RowStep(
        "open",
        Registered,
        Timestamp("opened"),
        {
            "text": Column("text"),
            "channel": Made(("via",), lambda row: Channel(row["via"])),
            "place": PathOf(Place, ("city", Column("where"))),
            "category": PathOf(Category, (Column("about"),)),
        },
    ),
    steps=(
        RowStep("assign", ContractedOut, Timestamp("opened"), {"contractor": Column("team")}, when=Column("team")),
        RowStep("finish", Done, Timestamp("closed"), {"how": Column("how")}),
    ),
)
HEADER = "id,opened,closed,text,via,where,about,team,how"
LAMP = "1,2024-05-01 09:00,,a lamp,phone,north,roads,lighting,"
TREE = "2,2024-05-02 09:00,2024-05-03 10:00,a tree,web,south,parks,gardeners,cut"


def opened(url: str = "memory:") -> DemandFlow:
    return DemandFlow.open(url, workflows=(WORK,), zone="America/New_York")


def written(folder: Path, *rows: str, name: str = "rows.csv", encoding: str = "utf-8", header: str = HEADER) -> Path:
    path = folder / name
    path.write_bytes("\n".join([header, *rows, ""]).encode(encoding))
    return path


def numbers(report: Report) -> tuple[int, int, int, int, int]:
    assert report.adds_up
    return report.read, report.recorded, report.unchanged, len(report.changed), len(report.refused)


class TestARow:
    def test_is_recorded_once_however_often_it_comes(self, tmp_path: Path) -> None:
        file = written(tmp_path, LAMP, TREE, LAMP)
        with opened() as flow:
            assert numbers(import_file(flow, file, MAPPING)) == (3, 2, 1, 0, 0)
            assert numbers(import_file(flow, file, MAPPING)) == (3, 0, 3, 0, 0)
            assert flow.figures().identity.startswith("2 received = 1 open + 1 closed")
            (tree,) = flow.board(ended_as="closed").rows
            assert (tree.place, tree.category, tree.lead, tree.channel) == ("city/south", "parks", "gardeners", "web")
            assert f"{tree.received:%Y-%m-%d %H:%M}" == "2024-05-02 13:00", "nine in New York"

    def test_that_goes_on_is_continued(self, tmp_path: Path) -> None:
        with opened() as flow:
            import_file(flow, written(tmp_path, LAMP), MAPPING)
            report = import_file(flow, written(tmp_path, LAMP.replace(",,a lamp", ",2024-05-02 10:00,a lamp")), MAPPING)
            assert (numbers(report), report.continued) == ((1, 1, 0, 0, 0), 1)
            assert flow.figures().count("closed") == 1

    def test_that_says_something_else_is_changed_and_corrected_on_request(self, tmp_path: Path) -> None:
        other = LAMP.replace("north", "east").replace("a lamp", "two lamps").replace("lighting", "power")
        with opened() as flow:
            import_file(flow, written(tmp_path, LAMP), MAPPING)
            for _ in range(2):
                report = import_file(flow, written(tmp_path, other), MAPPING)
                assert numbers(report) == (1, 0, 0, 1, 0)
                (changed,) = report.changed
                assert [str(one) for one in changed.differences] == [
                    "text: 'a lamp' → 'two lamps'",
                    "place: 'city/north' → 'city/east'",
                    "assign.contractor: 'lighting' → 'power'",
                ]
                assert flow.board().rows[0].place == "city/north", "reported, not recorded"
            report = import_file(flow, written(tmp_path, other), MAPPING, correct=True)
            assert [one.corrected for one in report.changed[0].differences] == [False, True, True]
            (row,) = flow.board().rows
            assert (row.place, row.lead, row.text) == ("city/east", "power", "a lamp")
            assert flow.figures().count("corrected") == 2
            again = import_file(flow, written(tmp_path, other), MAPPING, correct=True)
            assert [one.field for one in again.changed[0].differences] == ["text"]
            assert flow.figures().count("corrected") == 2, "what has been corrected is not corrected again"

    def test_own_fields_are_corrected_as_well(self, tmp_path: Path) -> None:
        with opened() as flow:
            import_file(flow, written(tmp_path, TREE), MAPPING)
            report = import_file(flow, written(tmp_path, TREE.replace(",cut", ",sawn")), MAPPING, correct=True)
            assert [str(one) for one in report.changed[0].differences] == ["finish.how: 'cut' → 'sawn', corrected"]
            assert flow.board(own={"how": "sawn"}).rows == flow.board().rows

    def test_whose_step_is_gone_is_changed(self, tmp_path: Path) -> None:
        with opened() as flow:
            import_file(flow, written(tmp_path, TREE), MAPPING)
            report = import_file(flow, written(tmp_path, TREE.replace("2024-05-03 10:00", "")), MAPPING)
            assert [str(one) for one in report.changed[0].differences] == ["finish: 'recorded' → 'not in the file'"]

    @pytest.mark.parametrize(
        ("row", "reason"),
        [
            (LAMP.replace("1,", ",", 1), "id: is empty"),
            (LAMP.replace("2024-05-01 09:00", ""), "opened: says nothing"),
            (LAMP.replace("2024-05-01", "2024-31-01"), "is no time of the form"),
            (LAMP.replace("2024-05-01 09:00", "2024-03-10 02:30"), "was skipped by the clocks"),
            (LAMP.replace("a lamp", ""), "(from text)"),
            (TREE.replace("2024-05-03", "2024-05-01").replace("2,", "3,", 1), "cannot finish"),
            (LAMP + ",one more", "it has 10 fields, the header has 9"),
            (LAMP.rsplit(",", 1)[0], "it has 8 fields"),
            (LAMP.replace("a lamp", 'a "lamp'), None),
            (LAMP.replace("a lamp", '"a lamp'), "a quote is not closed"),
        ],
    )
    def test_that_cannot_be_recorded_is_refused_and_kept(self, row: str, reason: str | None, tmp_path: Path) -> None:
        kept = tmp_path / "kept.csv"
        with opened() as flow:
            report = import_file(flow, written(tmp_path, row, TREE), MAPPING, refused=kept)
            if reason is None:
                assert numbers(report) == (2, 2, 0, 0, 0)
                return
            assert numbers(report) == (2, 1, 0, 0, 1), "the rows after it are not touched"
            assert reason in report.refused[0].reason
            assert report.refused[0].raw == row + "\n"
            lines = kept.read_text().splitlines()
            assert lines[0] == f"refused because,{HEADER}"
            assert lines[1].endswith(row)
            again = tmp_path / "again.csv"
            assert numbers(import_file(flow, kept, MAPPING, refused=again)) == (1, 0, 0, 0, 1)
            assert again.read_text().splitlines()[1].endswith(row), "as it stood, however often it is fed in"
            kept.write_text(f'{lines[0]}\n"whatever, ""it"" was",{LAMP}\n')
            assert numbers(import_file(flow, kept, MAPPING)) == (1, 1, 0, 0, 0), "mended"

    def test_two_formats_that_disagree_refuse_it(self, tmp_path: Path) -> None:
        loose: Any = RowMapping(**{**MAPPING.__dict__, "formats": ("%d/%m/%Y %H:%M", "%m/%d/%Y %H:%M")})
        with opened() as flow:
            row = LAMP.replace("2024-05-01", "01/05/2024")
            report = import_file(flow, written(tmp_path, row, row.replace("01/05", "05/05")), loose)
            assert "declare one format" in report.refused[0].reason
            assert len(report.refused) == 1, "the fifth of May is the same in both"


class TestAFile:
    def test_a_stray_quote_swallows_no_row(self, tmp_path: Path) -> None:
        rows = [LAMP.replace("1,", f"{number},", 1) for number in range(1, 8)]
        rows[1] = rows[1].replace("a lamp", '"a lamp')
        rows[4] = rows[4].replace("north", 'north"')
        with opened() as flow:
            report = import_file(flow, written(tmp_path, *rows), MAPPING)
            assert numbers(report) == (7, 6, 0, 0, 1)
            assert [one.line for one in report.refused] == [3]

    def test_two_stray_quotes_in_the_same_place_swallow_none_either(self, tmp_path: Path) -> None:
        rows = [LAMP.replace("1,", f"{number},", 1) for number in range(1, 8)]
        rows[1] = rows[1].replace("a lamp", '"a lamp')
        rows[4] = rows[4].replace("a lamp", 'a lamp"')
        with opened() as flow:
            report = import_file(flow, written(tmp_path, *rows), MAPPING)
            assert numbers(report) == (7, 6, 0, 0, 1)

    def test_texts_may_have_lines(self, tmp_path: Path) -> None:
        row = LAMP.replace("a lamp", '"a lamp\r\n, a ""big"" one"')
        with opened() as flow:
            assert numbers(import_file(flow, written(tmp_path, row, "", TREE), MAPPING)) == (2, 2, 0, 0, 0)
            assert "big" in flow.board().rows[0].text

    @pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "gb18030"])
    def test_of_another_encoding(self, encoding: str, tmp_path: Path) -> None:
        mapping: Any = RowMapping(**{**MAPPING.__dict__, "encoding": "gb18030" if encoding == "gb18030" else "utf-8"})
        file = written(tmp_path, LAMP.replace("a lamp", "路灯坏了"), LAMP + ",x", encoding=encoding)
        kept = tmp_path / "kept.csv"
        with opened() as flow:
            assert numbers(import_file(flow, file, mapping, refused=kept)) == (2, 1, 0, 0, 1)
            assert flow.board().rows[0].text == "路灯坏了"
            assert numbers(import_file(flow, kept, mapping)) == (1, 0, 0, 0, 1)

    def test_bytes_that_are_not_its_encoding_damage_only_their_row(self, tmp_path: Path) -> None:
        file = tmp_path / "rows.csv"
        bad = LAMP.replace("a lamp", "路灯").encode("gb18030")
        file.write_bytes(b"\n".join([HEADER.encode(), bad, TREE.encode(), b""]))
        kept = tmp_path / "kept.csv"
        with opened() as flow:
            report = import_file(flow, file, MAPPING, refused=kept)
            assert numbers(report) == (2, 1, 0, 0, 1)
            assert "bytes that are not utf-8" in report.refused[0].reason
            assert bad in kept.read_bytes(), "kept byte for byte"

    def test_may_be_packed_and_separated_otherwise(self, tmp_path: Path) -> None:
        for number, mark in enumerate("\t;|"):
            file = tmp_path / f"{number}.csv.gz"
            file.write_bytes(gzip.compress("\n".join([HEADER, LAMP]).replace(",", mark).encode()))
            with opened() as flow:
                assert numbers(import_file(flow, file, MAPPING)) == (1, 1, 0, 0, 0)

    def test_that_cannot_be_read_says_why_and_records_nothing(self, tmp_path: Path) -> None:
        wrong = {
            written(
                tmp_path, LAMP, header=HEADER.replace("about", "topic"), name="a"
            ): "has no column about .it has: id",
            written(tmp_path, LAMP, header=HEADER + ",id", name="b"): "has the column id more than once",
            tmp_path / "none.csv": "none.csv cannot be read",
            tmp_path: "cannot be read",
        }
        (tmp_path / "empty").write_text("")
        wrong[tmp_path / "empty"] = "has no column id"
        with opened() as flow:
            for file, reason in wrong.items():
                with pytest.raises(InvalidValue, match=reason):
                    import_file(flow, file, MAPPING)
            file = written(tmp_path, LAMP)
            with pytest.raises(InvalidValue, match="name another"):
                import_file(flow, file, MAPPING, refused=file)
            assert flow.figures().count("received") == 0

    def test_tells_how_far_it_is(self, tmp_path: Path) -> None:
        told: list[Any] = []
        rows = [LAMP.replace("1,", f"{number},", 1) for number in range(450)]
        with opened() as flow:
            import_file(flow, written(tmp_path, *rows), MAPPING, progress=told.append)
        assert [one.rows for one in told] == [200, 400, 450]
        assert told[-1].share == 1
        assert told[-1].seconds_left == 0
        assert "450 rows, 100%" in str(told[-1])


def breaks(row: Any) -> Any:
    raise ZeroDivisionError("no such thing")


class TestWhatGoesWrongInARowStaysThere:
    """Whatever a row, or a function that reads it, comes to: the other rows go on."""

    @pytest.mark.parametrize("time", ["9999-12-31 23:59", "0001-01-01 00:00"])
    def test_times_beyond_all_calendars(self, time: str, tmp_path: Path) -> None:
        with opened() as flow:
            inner = LAMP.replace("a lamp", f'"a lamp\n3,{time},,x,y,z,a,b,c\nend"').replace("1,", "9,", 1)
            file = written(tmp_path, LAMP.replace("2024-05-01 09:00", time), TREE, inner)
            report = import_file(flow, file, MAPPING)
            assert numbers(report) == (3, 2, 0, 0, 1)
            assert "possible: 1901 to 2198" in report.refused[0].reason

    def test_functions_and_rules_that_raise(self, tmp_path: Path) -> None:
        made: Any = {"text": Made(("text",), lambda row: breaks(row) if row["id"] == "1" else row["text"])}
        start = RowStep("open", Registered, Timestamp("opened"), {**MAPPING.start.values, **made})
        with opened() as flow:
            report = import_file(
                flow, written(tmp_path, LAMP, TREE), RowMapping(**{**MAPPING.__dict__, "start": start})
            )
            assert numbers(report) == (2, 1, 0, 0, 1)
            assert report.refused[0].reason == "line 2: row: ZeroDivisionError: no such thing"

    def test_a_reason_that_the_encoding_cannot_hold(self, tmp_path: Path) -> None:
        latin: Any = RowMapping(**{**MAPPING.__dict__, "encoding": "latin-1"})
        file = written(tmp_path, LAMP.replace("2024-05-01 09:00", "é" * 100), TREE, encoding="latin-1")
        kept = tmp_path / "kept"
        with opened() as flow:
            assert numbers(import_file(flow, file, latin, refused=kept)) == (2, 1, 0, 0, 1)
            assert numbers(import_file(flow, kept, latin)) == (1, 0, 0, 0, 1)

    def test_steps_after_a_correction(self, tmp_path: Path) -> None:
        moved = LAMP.replace("north", "east")
        with opened() as flow:
            for row in (LAMP, moved):
                import_file(flow, written(tmp_path, row), MAPPING, correct=True)
            done = moved.replace(",,a lamp", ",2024-05-02 10:00,a lamp")
            assert numbers(import_file(flow, written(tmp_path, done), MAPPING)) == (1, 1, 0, 0, 0)
            assert flow.figures().count("corrected") == 1

    def test_corrections_that_are_not_allowed(self, tmp_path: Path) -> None:
        other: Any = RowMapping(**{**MAPPING.__dict__, "corrects": Actor("a clerk", "clerk")})
        with opened() as flow:
            import_file(flow, written(tmp_path, LAMP), other)
            row = LAMP.replace("north", "east").replace(",,a lamp", ",2024-05-02 10:00,a lamp")
            report = import_file(flow, written(tmp_path, row), other, correct=True)
            assert numbers(report) == (1, 0, 0, 1, 0)
            assert "(not corrected: clerk may not correct" in str(report.changed[0].differences[0])
            assert flow.figures().count("closed") == 1, "its new step is recorded all the same"

    def test_a_step_called_as_a_field_is(self, tmp_path: Path) -> None:
        assign = RowStep(
            "assign", ContractedOut, Timestamp("opened"), {"contractor": Column("team")}, name="contractor"
        )
        steps: Any = {"steps": (RowStep(**{**assign.__dict__, "when": Column("team")}),)}
        mapping = RowMapping(**{**MAPPING.__dict__, **steps})
        with opened() as flow:
            import_file(flow, written(tmp_path, LAMP), mapping)
            report = import_file(flow, written(tmp_path, LAMP.replace("lighting", "")), mapping, correct=True)
            assert [one.corrected for one in report.changed[0].differences] == [False]
            assert flow.board().rows[0].lead == "lighting"

    def test_a_demand_that_cannot_be_read(self, tmp_path: Path) -> None:
        with opened(f"sqlite:///{tmp_path}/log.db") as flow:
            import_file(flow, written(tmp_path, LAMP), MAPPING)
        with sqlite3.connect(tmp_path / "log.db") as raw:
            raw.execute("UPDATE stored_events SET state = '{\"fact\":{}}'")
        raw.close()
        with opened(f"sqlite:///{tmp_path}/log.db") as flow:
            report = import_file(flow, written(tmp_path, LAMP, TREE), MAPPING)
            assert numbers(report) == (2, 1, 0, 0, 1)


class TestAFileThatIsOdd:
    def test_a_packed_file_that_is_cut_off_or_corrupt(self, tmp_path: Path) -> None:
        rows = [LAMP.replace("1,", f"{number},", 1).replace("a lamp", str(number**9)) for number in range(900)]
        packed = gzip.compress("\n".join([HEADER, *rows]).encode())
        broken = packed[: len(packed) // 2] + bytes(40) + packed[len(packed) // 2 + 40 :]
        for content in (packed[:-600], broken):
            file = tmp_path / "rows.csv.gz"
            file.write_bytes(content)
            with opened() as flow:
                report = import_file(flow, file, MAPPING)
                assert report.adds_up
                assert "the file cannot be read from here on" in report.refused[-1].reason
                assert 0 < report.recorded == flow.figures().count("received")

    def test_a_marked_packed_file_is_read_and_its_refused_rows_again(self, tmp_path: Path) -> None:
        kept = tmp_path / "kept"
        for encoding in ("utf-8-sig", "utf-16"):
            file = tmp_path / "rows.csv.gz"
            file.write_bytes(gzip.compress("\n".join([HEADER, LAMP, TREE + ",x", TREE + ",y"]).encode(encoding)))
            with opened() as flow:
                assert numbers(import_file(flow, file, MAPPING, refused=kept)) == (3, 1, 0, 0, 2)
                again = import_file(flow, kept, MAPPING, refused=tmp_path / "again")
                assert [one.raw.rstrip() for one in again.refused] == [TREE + ",x", TREE + ",y"]

    def test_a_lone_half_of_a_letter_in_utf_16_damages_its_row(self, tmp_path: Path) -> None:
        file = tmp_path / "rows.csv"
        text = "\n".join([HEADER, LAMP.replace("lamp", "\ud83d"), TREE])
        file.write_bytes(codecs.BOM_UTF16_LE + text.encode("utf-16-le", "surrogatepass"))
        with opened() as flow:
            assert numbers(import_file(flow, file, MAPPING, refused=tmp_path / "kept")) == (2, 1, 0, 0, 1)

    def test_an_encoding_may_be_spelled_as_one_likes(self, tmp_path: Path) -> None:
        mapping: Any = RowMapping(**{**MAPPING.__dict__, "encoding": "UTF_8_SIG"})
        kept = tmp_path / "kept"
        with opened() as flow:
            import_file(flow, written(tmp_path, LAMP + ",x", LAMP + ",y"), mapping, refused=kept)
            again = import_file(flow, kept, mapping)
            assert [one.raw for one in again.refused] == [LAMP + ",x\n", LAMP + ",y\n"]

    def test_a_refused_file_with_a_row_that_has_no_reason(self, tmp_path: Path) -> None:
        kept = written(tmp_path, TREE, f"because I say so,{LAMP}", header=f"refused because,{HEADER}")
        with opened() as flow:
            assert numbers(import_file(flow, kept, MAPPING)) == (2, 2, 0, 0, 0)

    def test_long_texts_and_long_quotes(self, tmp_path: Path) -> None:
        lines = "\n".join(["a lamp"] * 12_000)
        stray = LAMP.replace("1,", "7,", 1).replace("a lamp", '"a lamp')
        rows = [LAMP.replace("a lamp", f'"{lines}"'), TREE, stray]
        with opened() as flow:
            assert numbers(import_file(flow, written(tmp_path, *rows), MAPPING)) == (3, 2, 0, 0, 1)

    def test_a_header_over_two_lines_after_an_empty_one(self, tmp_path: Path) -> None:
        header = "\n" + HEADER.replace("how", '"how\nclosed"')
        steps: Any = {"steps": (RowStep("finish", Done, Timestamp("closed"), {"how": Column("how\nclosed")}),)}
        with opened() as flow:
            report = import_file(
                flow, written(tmp_path, TREE, header=header), RowMapping(**{**MAPPING.__dict__, **steps})
            )
            assert numbers(report) == (1, 1, 0, 0, 0)

    def test_errors_that_are_not_the_files_are_not_blamed_on_it(self, tmp_path: Path) -> None:
        file = written(tmp_path, LAMP)

        def tell(_: object) -> None:
            raise KeyError("gui")

        with opened() as flow:
            with pytest.raises(KeyError, match="gui"):
                import_file(flow, file, MAPPING, progress=tell)
            with pytest.raises(InvalidValue, match="refused: k cannot be written"):
                import_file(flow, file, MAPPING, refused=tmp_path / "no folder" / "k")

    def test_files_that_would_overwrite_each_others_refused_rows(self, tmp_path: Path) -> None:
        folders = [tmp_path / "x", tmp_path / "y"]
        for folder in folders:
            folder.mkdir()
            written(folder, LAMP + ",x", name="A.CSV")
        (tmp_path / "none").mkdir()
        with opened() as flow:
            with pytest.raises(InvalidValue, match=r"several files are called A\.CSV"):
                import_files(flow, folders, MAPPING, refused=tmp_path)
            with pytest.raises(InvalidValue, match=r"none holds no file that ends in \.csv"):
                import_files(flow, [tmp_path / "none"], MAPPING)
            with pytest.raises(UnknownWorkflow):
                import_file(flow, folders[0] / "A.CSV", RowMapping(**{**MAPPING.__dict__, "workflow": "no@1"}))


def test_a_mapping_that_cannot_work_says_so_at_once() -> None:
    fine: dict[str, Any] = MAPPING.__dict__
    wrong: dict[str, dict[str, Any]] = {
        "no time zone": {"zone": "Mars"},
        "give Registered": {"start": RowStep("x", Done, Timestamp("opened"))},
        "two are called 'finish'": {"steps": (*MAPPING.steps, MAPPING.steps[1])},
        "open.by: give a Column": {"by": "Li"},
        "must be a tuple of RowSteps": {"steps": MAPPING.steps[0]},
        "Registered needs channel, place": {
            "start": RowStep("open", Registered, Timestamp("opened"), {"text": Column("text")})
        },
        "source: must be": {"source": " "},
        "encoding: 'klingon' is none": {"encoding": "klingon"},
        "delimiter: must be one": {"delimiter": "||"},
        "formats: must be a tuple": {"formats": "%Y"},
        "does not write a time": {"formats": ("%Q",)},
        "give a Column": {"steps": (RowStep("x", Done, Timestamp("opened"), {"how": "how"}),)},  # type: ignore[dict-item]
        "has no field 'colour'": {"steps": (RowStep("x", Done, Timestamp("opened"), {"colour": Constant("red")}),)},
    }
    for reason, change in wrong.items():
        with pytest.raises(InvalidValue, match=reason):
            RowMapping(**{**fine, **change})


def test_a_mapping_that_does_not_fit_the_workflow_says_so_before_the_first_row(tmp_path: Path) -> None:
    fine: dict[str, Any] = MAPPING.__dict__
    wrong: dict[str, RowStep] = {
        "'opne' is no such move of work@1 .possible: open": RowStep(
            "opne", Registered, Timestamp("opened"), MAPPING.start.values
        ),
        "'open' is no such move of work@1 .possible: assign, finish, correct": RowStep(
            "open", Done, Timestamp("opened")
        ),
        "records Done there, not Noted": RowStep("finish", Noted, Timestamp("opened"), {"text": Column("text")}),
    }
    with opened() as flow:
        for reason, step in wrong.items():
            change: Any = {"start": step} if step.fact is Registered else {"steps": (step,)}
            with pytest.raises(InvalidValue, match=reason):
                import_file(flow, written(tmp_path, LAMP), RowMapping(**{**fine, **change}))
        assert flow.figures().count("received") == 0


def test_a_garbled_header_asks_for_the_encoding(tmp_path: Path) -> None:
    file = written(tmp_path, LAMP, header=HEADER.replace("about", "类别"), encoding="gb18030")
    with opened() as flow, pytest.raises(InvalidValue, match="say which encoding it has"):
        import_file(flow, file, MAPPING)


def test_what_an_earlier_import_refused_is_kept(tmp_path: Path) -> None:
    kept = tmp_path / "kept.csv"
    with opened() as flow:
        for row in (LAMP + ",x", LAMP, LAMP, TREE + ",y", TREE):
            import_file(flow, written(tmp_path, row), MAPPING, refused=kept)
    assert (tmp_path / "kept.csv.1").read_text().endswith(LAMP + ",x\n")
    assert (tmp_path / "kept.csv.2").read_text().endswith(TREE + ",y\n")
    assert kept.read_text() == f"refused because,{HEADER}\n"


ROWS = st.lists(
    st.tuples(
        st.integers(1, 12),
        st.integers(1, 28),
        st.sampled_from([None, -1, 0, 3]),
        st.sampled_from(["north", "south", ""]),
        st.sampled_from(["lighting", "gardeners", ""]),
    ),
    max_size=25,
)


def sheet(rows: Any) -> str:
    out = io.StringIO()
    write = csv.writer(out, lineterminator="\n")
    write.writerow(HEADER.split(","))
    for number, day, later, where, team in rows:
        at = f"2024-05-{day:02} 09:00"
        end = "" if later is None else f"2024-05-{min(28, max(1, day + later)):02} 12:00"
        write.writerow([number, at, end, "a\nlamp", "phone", where, "roads", team, "so"])
    return out.getvalue()


def outcome(flow: DemandFlow) -> Any:
    """All that the figures and the board say, without what depends on when it was brought in."""
    ours: dict[str, Figures] = {
        "all": flow.figures(),
        **flow.figures_by("place", level=2),
        **flow.figures_by("lead"),
    }
    board = sorted(
        (row.demand, row.state, row.place, row.lead, row.received, row.ended) for row in flow.board(limit=99).rows
    )
    return {key: (one.standings, one.happened) for key, one in ours.items()}, board


class Crash(BaseException):
    """A process that ends in the middle."""


@given(st.data(), ROWS)
@settings(max_examples=examples(60))
def test_order_repetition_and_crashes_change_nothing(data: st.DataObject, rows: Any) -> None:
    """Independent demands in any order, brought in twice, or with a crash in between: the same figures and board."""
    rows = list({row[0]: row for row in rows}.values())
    results = []
    with pytest.MonkeyPatch.context() as patch, TemporaryDirectory() as folder:
        patch.setattr("demandflow.batches.BATCH_SIZE", 4)
        file = Path(folder) / "rows.csv"
        for way in ("plain", "shuffled", "twice", "crashed"):
            file.write_text(sheet(data.draw(st.permutations(rows)) if way == "shuffled" else rows), encoding="utf-8")
            url = f"sqlite:///{folder}/{way}.db"
            if way in ("twice", "crashed"):
                with opened(url) as flow:
                    saves = data.draw(st.integers(0, 6)) if way == "crashed" else 99
                    crashed_after(saves, lambda flow=flow: import_file(flow, file, MAPPING))  # type: ignore[misc]
            with opened(url) as flow:
                report = import_file(flow, file, MAPPING)
                assert report.adds_up
                assert way != "twice" or report.recorded == 0
                results.append(outcome(flow))
    assert all(result == results[0] for result in results)


def crashed_after(saves: int, do: Callable[[], object]) -> None:
    """Do something that ends in the middle, after so many saves."""
    record = Log.record
    done: list[int] = []

    def crash(self: Log, events: Any, rows: Any) -> None:
        if len(done) == saves:
            raise Crash
        done.append(1)
        record(self, events, rows)

    with pytest.MonkeyPatch.context() as patch, suppress(Crash):
        patch.setattr(Log, "record", crash)
        do()


class TestMany:
    def test_each_item_has_its_answer(self, flow: DemandFlow) -> None:
        clerk = Actor("Li", "grid_administrator")
        plain: Any = {"channel": Channel("hotline"), "place": Place("f"), "source": "s"}
        items: list[Any] = [
            Registration(fact=Registered(text="a", reference="1", **plain), by=clerk),
            Registration(fact=Registered(text="b", reference="1", **plain), by=clerk),
            Registration(fact=Registered(text="a", reference="1", **plain), by=clerk),
            Registration(fact=Registered(text="c", reference="2", **plain), by=clerk, workflow="no@1"),
            "nonsense",
        ]
        answers = flow.register_many(items)
        assert [type(one) for one in answers] == [Recorded, Rejected, Recorded, Rejected, Rejected]
        assert isinstance(answers[1], Rejected)
        assert isinstance(answers[1].reason, CommandConflict)
        assert [one.item for one in answers] == items
        assert flow.figures().count("received") == 1
        it = flow.board().rows[0].demand
        acts: list[Any] = [
            Action(demand=it, move="note", fact=Noted(text="x"), by=clerk),
            Action(demand=it, move="evaluate", fact=Noted(text="x"), by=clerk),
            Action(demand=it, move="note", fact=Noted(text="y"), by=clerk),
        ]
        done = flow.act_many(acts)
        assert [type(one) for one in done] == [Recorded, Rejected, Recorded]
        assert isinstance(done[1], Rejected)
        assert isinstance(done[1].reason, MoveNotAllowed)
        assert flow.demand(it).version == 3

    def test_what_one_item_proposed_is_taken_back_whole(self, flow: DemandFlow) -> None:
        clerk = Actor("Li", "grid_administrator")
        with flow.batch() as batch:
            kept = batch.register("a", channel="hotline", place="f", by=clerk).id
            with suppress(InvalidValue), batch.attempt():
                batch.note(kept, "taken back", by=clerk)
                gone = batch.register("b", channel="hotline", place="f", by=clerk).id
                batch.note(gone, "", by=clerk)
            assert batch.note(kept, "stays", by=clerk).version == 2
        assert flow.figures().count("received") == 1
        assert [line.said for line in flow.history(kept)][1] == "text: stays"

    def test_what_the_storage_does_not_take_is_rejected(
        self, flow: DemandFlow, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def busy(*_: object) -> None:
            raise StorageBusy("somebody holds it")

        monkeypatch.setattr(Log, "record", busy)
        plain: Any = {"text": "x", "channel": Channel("hotline"), "place": Place("f")}
        (answer,) = flow.register_many([Registration(fact=Registered(**plain), by=Actor("Li", "grid_administrator"))])
        assert isinstance(answer, Rejected)
        assert isinstance(answer.reason, StorageBusy)

    def test_somebody_faster_means_that_the_save_is_checked_again(
        self, flow: DemandFlow, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        clerk = Actor("Li", "grid_administrator")
        it = flow.register("a", channel="hotline", place="f", by=clerk).id
        record = Log.record
        raced: list[int] = []

        def race(self: Log, events: Any, rows: Any) -> None:
            if not raced:
                raced.append(1)
                flow.note(it, "faster", by=clerk)
            record(self, events, rows)

        monkeypatch.setattr(Log, "record", race)
        (answer,) = flow.act_many([Action(demand=it, move="note", fact=Noted(text="mine"), by=clerk)])
        assert isinstance(answer, Recorded)
        assert [line.said for line in flow.history(it)][1:] == ["text: faster", "text: mine"]


def test_a_folder_of_files(tmp_path: Path) -> None:
    written(tmp_path, LAMP, name="a.csv")
    written(tmp_path, LAMP, TREE, LAMP + ",x", name="b.csv")
    (tmp_path / "kept").mkdir()
    with opened() as flow:
        reports = import_files(flow, [tmp_path], MAPPING, refused=tmp_path / "kept")
        assert [numbers(one) for one in reports] == [(1, 1, 0, 0, 0), (3, 1, 1, 0, 1)]
        assert str(reports[1]) == "b.csv: 3 read = 1 recorded + 1 unchanged + 0 changed + 1 refused"
        assert (tmp_path / "kept" / "b.csv.refused").read_text().count("\n") == 2
