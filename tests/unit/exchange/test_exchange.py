"""Exported and loaded, a log is the same: ids, versions, stored bytes, figures, history; what is damaged is refused."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from demandflow import (
    CLOSED_LOOP,
    Actor,
    DemandFlow,
    InvalidValue,
    Place,
    StorageBusy,
    StorageError,
    Workflow,
    closed_loop,
)
from demandflow.cli.main import main
from demandflow.domain.county.grid.directory import Directory
from demandflow.domain.county.grid.directory_rules import DIRECTORY
from demandflow.domain.county.grid.places import Founded
from demandflow.errors import (
    HistoryIncomplete,
    WorkflowChanged,
    WrongTenant,
    WrongZone,
)
from demandflow.exchange import DamagedFile, Exported, Loaded, export_log, load_log, loading
from demandflow.exchange.exporting import export
from demandflow.store.log import Log
from demandflow.testing import histories
from demandflow.testing.playing.playing import play
from tests.profiles import examples
from tests.small_workflow import yard
from tests.stories import AUDITOR, CLERK
from tests.tables import dump, same_tables
from tests.unit.exchange.test_feed import HARMS, filled, spoil

KEEPER = Actor("qian", "registrar")
WORKFLOWS = (CLOSED_LOOP, yard())
NAMES = ("log.jsonl.gz", "log.jsonl")
TABLES = ("demandflow_log", "demandflow_settings", "demandflow_workflows", "demandflow_holes")


def stored(path: Path) -> dict[str, list[Any]]:
    """The rows of a log with their positions, and what it says of itself."""
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT rowid, * FROM stored_events ORDER BY rowid").fetchall()
        return {"events": rows, **{name: sorted(connection.execute(f"SELECT * FROM {name}")) for name in TABLES}}


@contextmanager
def folder() -> Iterator[Path]:
    with TemporaryDirectory() as name:
        yield Path(name)


# a history may come to where the calendar ends
@pytest.mark.filterwarnings("ignore::demandflow.calendars.ends.CalendarEnds")
@given(data=st.data(), workflow=st.sampled_from(WORKFLOWS), name=st.sampled_from(NAMES), page=st.integers(1, 9))
@settings(max_examples=examples(40))
def test_a_loaded_history_is_the_same_in_every_byte_and_figure(
    data: st.DataObject, workflow: Workflow, name: str, page: int
) -> None:
    steps = data.draw(histories(workflow)).steps
    with folder() as here, pytest.MonkeyPatch.context() as patch, play(workflow, steps) as played:
        for module in ("exporting", "loading"):
            patch.setattr(f"demandflow.exchange.{module}.PAGE", page)
        file, copy = here / name, here / "copy.db"
        exported = export(played.flow._log, file)
        assert load_log(file, f"sqlite:///{copy}") == Loaded(exported.events, exported.events)
        rows = played.flow._log.raw_page(0, 10_000)
        assert stored(copy)["events"] == rows
        given_: dict[str, Any] = {"workflows": [workflow], "clock": played.flow._clock}
        with DemandFlow.open(f"sqlite:///{copy}", create=False, **given_) as flow:
            assert flow._log.id == played.flow._log.id
            assert list(flow.all_events()) == list(played.flow.all_events())
            assert str(flow.figures()) == str(played.flow.figures())
            same_tables(dump(flow._projector), dump(played.flow._projector), "the exported log")
            for row in played.flow.board(limit=1000).rows:
                assert flow.history(row.demand) == played.flow.history(row.demand)
            export(flow._log, here / f"again-{name}")
        assert (here / f"again-{name}").read_bytes() == file.read_bytes()
        with DemandFlow.open("memory:", **given_) as flow:
            loading.load(file, flow._log)
            assert flow._log.raw_page(0, 10_000) == rows
            assert str(flow.figures()) == str(played.flow.figures())
            same_tables(dump(flow._projector), dump(played.flow._projector), "the exported log")


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A log of a tenant in a zone, with a workflow of its own, a stream of another kind, and an acknowledged hole."""
    ours = closed_loop("ours", bound=2)
    path = tmp_path / "log.db"
    with DemandFlow.open(
        f"sqlite:///{path}", tenant="fufeng", zone="Asia/Shanghai", workflows=[ours, DIRECTORY]
    ) as flow:
        for text in ("路灯坏了", "a lift", "a tap"):
            flow.note(flow.register(text, channel="hotline", place="f/c1", by=CLERK).id, "near", by=CLERK)
        flow.start(Founded(county=Place("f")), of=Directory, by=KEEPER)
    spoil(path, "DELETE FROM stored_events WHERE rowid = 2")
    with DemandFlow.open(f"sqlite:///{path}", tenant="fufeng", workflows=[ours]) as flow:
        flow.acknowledge(flow.verify().holes, by=AUDITOR, reason="a disk")
        flow.figures()
    return path


@pytest.fixture(params=NAMES)
def file(request: pytest.FixtureRequest, log: Path, tmp_path: Path) -> Path:
    """It exported."""
    exported = tmp_path / str(request.param)
    export_log(f"sqlite:///{log}", exported, tenant="fufeng")
    return exported


def test_settings_decisions_and_positions_come_along(log: Path, file: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    assert load_log(file, f"sqlite:///{copy}") == Loaded(6, 6)
    assert stored(copy) == stored(log)
    with DemandFlow.open(
        f"sqlite:///{copy}", tenant="fufeng", create=False, workflows=[closed_loop("ours", bound=2)]
    ) as flow:
        assert flow.zone == "Asia/Shanghai"
        assert flow.verify().ok
        assert [at for at, _ in flow.events_after(0)] == [1, 3, 4, 5, 6, 7]
        assert flow.figures().missing == 1
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("SELECT value FROM demandflow_settings WHERE name = 'format'").fetchone() == ("2",)


def test_loading_again_changes_nothing_and_a_longer_export_adds_what_is_new(
    log: Path, file: Path, tmp_path: Path
) -> None:
    copy, ours = tmp_path / "copy.db", [closed_loop("ours", bound=2)]
    load_log(file, f"sqlite:///{copy}")
    before = stored(copy)
    assert load_log(file, f"sqlite:///{copy}") == Loaded(6, 0)
    assert stored(copy) == before
    with DemandFlow.open(f"sqlite:///{log}", tenant="fufeng", workflows=ours) as flow:
        flow.register("one more", channel="hotline", place="f/c1", by=CLERK)
    longer = tmp_path / "longer.jsonl.gz"
    export_log(f"sqlite:///{log}", longer, tenant="fufeng")
    assert load_log(longer, f"sqlite:///{copy}") == Loaded(7, 1)
    assert stored(copy) == stored(log)
    assert load_log(file, f"sqlite:///{copy}") == Loaded(6, 0)
    assert stored(copy) == stored(log), "an older export takes nothing away"


@pytest.mark.parametrize("page", [1, 2, 3, 5])
def test_loading_that_was_broken_off_goes_on_where_it_was(
    log: Path, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, page: int
) -> None:
    copy = tmp_path / "copy.db"
    monkeypatch.setattr(loading, "PAGE", page)
    put, number = Log.put, 0

    def sometimes(log: Log, rows: Any, after: int) -> None:
        nonlocal number
        number += 1
        if number % 2 == 0:
            raise KeyboardInterrupt
        put(log, rows, after)

    monkeypatch.setattr(Log, "put", sometimes)
    for _ in range(9):
        try:
            load_log(file, f"sqlite:///{copy}")
            break
        except KeyboardInterrupt:
            continue
    assert stored(copy) == stored(log)


def test_nothing_is_loaded_over_another_log_or_over_other_events(log: Path, file: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.db"
    filled(other)
    before = stored(other)
    with pytest.raises(WrongTenant):
        load_log(file, f"sqlite:///{other}")
    export_log(f"sqlite:///{other}", tmp_path / "other.jsonl")
    third = tmp_path / "third.db"
    filled(third)
    with pytest.raises(DamagedFile, match="line 2: the log has another event at position 1"):
        load_log(tmp_path / "other.jsonl", f"sqlite:///{third}")
    load_log(tmp_path / "other.jsonl", f"sqlite:///{tmp_path}/copy.db")
    with DemandFlow.open(f"sqlite:///{tmp_path}/copy.db") as flow:
        flow.register("here", channel="hotline", place="f/c1", by=CLERK)
    with DemandFlow.open(f"sqlite:///{other}") as flow:
        flow.register("there", channel="hotline", place="f/c1", by=CLERK)
    export_log(f"sqlite:///{other}", tmp_path / "longer.jsonl")
    with pytest.raises(DamagedFile, match="line 8: the log has another event at position 7"):
        load_log(tmp_path / "longer.jsonl", f"sqlite:///{tmp_path}/copy.db")
    assert stored(other)["events"][:6] == before["events"]


def test_an_empty_log_becomes_the_exported_one_if_it_says_the_same_of_itself(
    log: Path, file: Path, tmp_path: Path
) -> None:
    ours, copy = closed_loop("ours", bound=3), f"sqlite:///{tmp_path}/copy.db"
    DemandFlow.open(f"sqlite:///{tmp_path}/zone.db", tenant="fufeng", workflows=[ours]).close()
    with pytest.raises(WrongZone):
        load_log(file, f"sqlite:///{tmp_path}/zone.db")
    DemandFlow.open(copy, tenant="fufeng", zone="Asia/Shanghai", workflows=[ours]).close()
    assert load_log(file, copy).new == 6
    assert stored(tmp_path / "copy.db") == stored(log)
    spoil(tmp_path / "copy.db", "UPDATE demandflow_workflows SET declared = '{}'")
    with pytest.raises(WorkflowChanged):
        load_log(file, copy)


def test_somebody_who_records_meanwhile_is_noticed(file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put, url = Log.put, f"sqlite:///{tmp_path}/copy.db"

    def meanwhile(log: Log, rows: Any, after: int) -> None:
        spoil(tmp_path / "copy.db", "INSERT INTO stored_events VALUES ('x', 1, 'x', x'')")
        put(log, rows, after)

    monkeypatch.setattr(Log, "put", meanwhile)
    with pytest.raises(StorageBusy, match="somebody else records in this log meanwhile"):
        load_log(file, url)


def test_a_log_that_is_not_whole_is_not_exported(tmp_path: Path) -> None:
    url = filled(tmp_path / "log.db")
    spoil(tmp_path / "log.db", "DELETE FROM stored_events WHERE rowid = 3")
    with pytest.raises(HistoryIncomplete, match="position 3 is missing"):
        export_log(url, tmp_path / "file.jsonl")
    assert not (tmp_path / "file.jsonl").exists()


@pytest.mark.parametrize("harm", HARMS)
def test_damaged_rows_come_along_byte_by_byte_or_are_refused(harm: str, tmp_path: Path) -> None:
    url = filled(tmp_path / "log.db")
    spoil(tmp_path / "log.db", harm)
    try:
        export_log(url, tmp_path / "file.jsonl")
    except StorageError as error:
        assert "position 3" in str(error) or isinstance(error, HistoryIncomplete)
        assert [path.name for path in tmp_path.iterdir() if "db" not in path.name] == [], "nothing is left"
        return
    load_log(tmp_path / "file.jsonl", f"sqlite:///{tmp_path}/copy.db")
    assert stored(tmp_path / "copy.db") == stored(tmp_path / "log.db")


def test_what_is_recorded_meanwhile_is_not_in_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = filled(tmp_path / "log.db")
    monkeypatch.setattr("demandflow.exchange.exporting.PAGE", 4)
    raw_page = Log.raw_page

    def meanwhile(log: Log, after: int, limit: int) -> Any:
        with DemandFlow.open(url) as flow:
            flow.register("meanwhile", channel="hotline", place="f/c1", by=CLERK)
        return raw_page(log, after, limit)

    monkeypatch.setattr(Log, "raw_page", meanwhile)
    exported = export_log(url, tmp_path / "file.jsonl")
    monkeypatch.undo()
    assert (exported.events, exported.position) == (6, 6)
    assert load_log(tmp_path / "file.jsonl", f"sqlite:///{tmp_path}/copy.db") == Loaded(6, 6)


def test_the_command_line_exports_and_loads(log: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, copy = str(tmp_path / "log.jsonl.gz"), f"sqlite:///{tmp_path}/copy.db"
    assert main(["export", f"sqlite:///{log}", file, "--tenant", "fufeng"]) == 0
    assert capsys.readouterr().out.startswith("exported 6 events, up to position 7; sha256 ")
    assert main(["load", file, copy]) == 0
    assert main(["load", file, copy]) == 0
    assert capsys.readouterr().out == "loaded 6 events, of which 6 are new\nloaded 6 events, of which 0 are new\n"
    assert Exported(1, 1, "x").events == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ("export", "{log}", "{here}/there.db"),
        ("export", "{log}", "{here}/none/file"),
        ("export", "{log}", ""),
        ("export", "{log}", "a\0b"),
        ("export", "{log}", "{here}/" + "x" * 5000),
        ("export", "sqlite:///{here}/none.db", "{here}/file"),
        ("export", "memory:", "{here}/file"),
        ("load", "{here}/none", "sqlite:///{here}/copy.db"),
        ("load", "{here}", "sqlite:///{here}/copy.db"),
        ("load", "a\0b", "sqlite:///{here}/copy.db"),
        ("load", "{here}/" + "x" * 5000, "sqlite:///{here}/copy.db"),
        ("load", "{here}/there.db", "sqlite:///{here}/copy.db"),
        ("load", "{here}/there.db", "memory:"),
        ("load", "{here}/there.db", "sqlite:///{here}/none/copy.db"),
        ("load", "/dev/null", "sqlite:///{here}/copy.db"),
        ("load", "{here}/empty", "sqlite:///{here}/copy.db"),
    ],
)
def test_misuse_is_said_in_a_line(
    arguments: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    filled(tmp_path / "there.db")
    (tmp_path / "empty").touch()
    words = [
        word.replace("{here}", str(tmp_path)).replace("{log}", f"sqlite:///{tmp_path}/there.db") for word in arguments
    ]
    before = sorted(tmp_path.iterdir())
    assert main(words) == 2
    out, err = capsys.readouterr()
    assert (out, err[:12], err.count("\n")) == ("", "demandflow: ", 1)
    assert sorted(tmp_path.iterdir()) == before


def test_odd_names_are_refused(tmp_path: Path) -> None:
    for odd in (7, None, b"x", "", "a\0", "\ud800"):
        with pytest.raises((InvalidValue, StorageError)):
            export_log(f"sqlite:///{tmp_path}/x.db", odd)  # type: ignore[arg-type]
        with pytest.raises((InvalidValue, StorageError)):
            load_log(odd, f"sqlite:///{tmp_path}/x.db")  # type: ignore[arg-type]
