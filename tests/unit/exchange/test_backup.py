"""A backup of a log in use is the log of one moment, and can be put in its place; so can a copy that was loaded."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from demandflow import (
    Actor,
    Calendar,
    DemandFlow,
    InvalidValue,
    Role,
    StorageBusy,
    StorageError,
    closed_loop,
    standard_clocks,
)
from demandflow.cli.main import main
from demandflow.exchange import BackedUp, backup_log, export_log, load_log
from demandflow.policies import Remind, Reminders
from demandflow.store.sqlite import backup
from demandflow.testing import FrozenClock
from tests.profiles import examples
from tests.stories import CLERK
from tests.unit.exchange.test_exchange import folder, stored
from tests.unit.exchange.test_feed import filled, spoil

OFFICE = Calendar.of("office", zone="UTC", hours="Mon-Sun 00:00-24:00")
TIMED = closed_loop("timed", clocks=standard_clocks(OFFICE, accept="1 hours"))
POLICIES = (Reminders(steps=(Remind(), Remind(after="1 hours", to="supervisor", escalate=True))),)
BEGAN = datetime(2026, 3, 2, 9, tzinfo=UTC)


def town(path: Path, clock: FrozenClock, **more: Any) -> DemandFlow:
    return DemandFlow.open(f"sqlite:///{path}", workflows=[TIMED], policies=POLICIES, clock=clock, **more)


@given(st.integers(0, 30), st.integers(0, 20))
@settings(max_examples=examples(25))
def test_a_backup_made_while_somebody_records_is_the_log_of_one_moment(before: int, more: int) -> None:
    with folder() as here, DemandFlow.open(f"sqlite:///{here}/log.db") as flow:
        for _ in range(before):
            flow.register("x", channel="hotline", place="f/c1", by=CLERK)
        flow.figures()
        writer = Thread(target=_record, args=(flow, more))
        writer.start()
        backed_up = backup_log(f"sqlite:///{here}/log.db", here / "backup.db")
        writer.join()
        assert before <= backed_up.events <= before + more
        assert sorted(path.name for path in here.iterdir() if "backup" in path.name) == ["backup.db"], "one file"
        assert (here / "backup.db").read_bytes()[18:20] == b"\x01\x01", "which waits for no write-ahead file"
        events = list(flow.all_events())
        with DemandFlow.open(f"sqlite:///{here}/backup.db", create=False) as restored:
            assert list(restored.all_events()) == events[: backed_up.events]
            assert restored.verify().ok
            assert restored.figures().count("received") == backed_up.events
            assert restored._log.id == flow._log.id


def _record(flow: DemandFlow, number: int) -> None:
    for _ in range(number):
        flow.register("y", channel="hotline", place="f/c1", by=CLERK)


@pytest.mark.parametrize("way", ["backup", "export"])
def test_what_is_restored_has_the_same_figures_and_no_policy_reacts_twice(tmp_path: Path, way: str) -> None:
    clock = FrozenClock(BEGAN)
    with town(tmp_path / "log.db", clock) as flow:
        for number in range(5):
            flow.register(f"lamp {number}", channel="hotline", place="f/c1", by=Actor("Li", Role.GRID_ADMINISTRATOR))
        clock.advance(hours=5)
        told: list[Any] = []
        assert len(flow.run_policies(notify=told.append).reacted) > 5
        assert told
        flow.keep_draft("not yet", by=CLERK)
        figures, board = str(flow.figures()), flow.board().rows
        if way == "backup":
            backup_log(f"sqlite:///{tmp_path}/log.db", tmp_path / "copy.db")
        else:
            export_log(f"sqlite:///{tmp_path}/log.db", tmp_path / "log.jsonl.gz")
            load_log(tmp_path / "log.jsonl.gz", f"sqlite:///{tmp_path}/copy.db")
    with town(tmp_path / "copy.db", clock, create=False) as restored:
        assert (str(restored.figures()), restored.board().rows) == (figures, board)
        assert restored.run_policies().reacted == ()
        again: list[Any] = []
        if way == "export":  # how far hooks were told is beside the log, and does not come along
            restored.deliver_notices(again.append, after=restored.last_position())
        else:
            restored.deliver_notices(again.append)
        assert again == []
        assert len(restored.drafts(by=CLERK)) == (way == "backup")
        clock.advance(hours=2)
        restored.run_policies()


def test_a_backup_is_put_in_the_place_of_the_log_and_consumers_notice(tmp_path: Path) -> None:
    url = filled(tmp_path / "log.db")
    backup_log(url, tmp_path / "backup.db")
    with DemandFlow.open(url) as flow:
        flow.register("later", channel="hotline", place="f/c1", by=CLERK)
        assert flow.last_position() == 7
    (tmp_path / "log.db").unlink()
    shutil.copy(tmp_path / "backup.db", tmp_path / "log.db")
    with DemandFlow.open(url) as flow:
        assert flow.verify().ok
        with pytest.raises(InvalidValue, match="7 is behind the newest event of this log, which is at 6"):
            flow.events_after(7)
        assert flow.register("again", channel="hotline", place="f/c1", by=CLERK).version == 1
    backup_log(url, tmp_path / "moved.db")
    assert stored(tmp_path / "moved.db") == stored(tmp_path / "log.db")


def test_an_empty_log_is_backed_up_as_well(tmp_path: Path) -> None:
    with DemandFlow.open(f"sqlite:///{tmp_path}/log.db") as flow:
        assert flow.last_position() == 0
        assert backup_log(f"sqlite:///{tmp_path}/log.db", tmp_path / "copy.db") == BackedUp(0, 0)
    with DemandFlow.open(f"sqlite:///{tmp_path}/copy.db", create=False) as flow:
        assert flow.verify().ok


def test_a_log_that_is_locked_for_long_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = filled(tmp_path / "log.db")
    monkeypatch.setattr(backup, "PAUSE", 0.001)
    monkeypatch.setattr(backup, "connected", lambda path, how: sqlite3.connect(path, timeout=0, isolation_level=None))
    with closing(sqlite3.connect(tmp_path / "log.db", isolation_level=None)) as connection:
        monkeypatch.setattr(backup, "check", lambda path: connection.execute("BEGIN EXCLUSIVE"))
        connection.execute("PRAGMA journal_mode=DELETE")
        with pytest.raises(StorageBusy, match="locked by somebody else"):
            backup_log(url, tmp_path / "copy.db")
    assert [path.name for path in tmp_path.iterdir()] == ["log.db"]


def test_a_damaged_file_is_not_backed_up_as_if_it_were_whole(tmp_path: Path) -> None:
    url = filled(tmp_path / "log.db", 40)
    spoil(tmp_path / "log.db", "PRAGMA journal_mode=DELETE")
    content = bytearray((tmp_path / "log.db").read_bytes())
    size = int.from_bytes(content[16:18], "big")
    with closing(sqlite3.connect(tmp_path / "log.db")) as connection:
        ((root,),) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'stored_events'").fetchall()
    content[(root - 1) * size + 8 : (root - 1) * size + 40] = b"\xff" * 32
    (tmp_path / "log.db").write_bytes(content)
    with pytest.raises(StorageError, match=r"damage|malformed"):
        backup_log(url, tmp_path / "copy.db")
    assert not (tmp_path / "copy.db").exists()


def test_the_command_line_backs_up(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    url = filled(tmp_path / "log.db")
    assert main(["backup", url, f"{tmp_path}/copy.db"]) == 0
    assert capsys.readouterr().out == "backed up 6 events, up to position 6\n"
    (tmp_path / "foreign.db").write_bytes(b"no database at all" * 99)
    (tmp_path / "empty.db").touch()
    wrong = [(url, "copy.db"), (url, "none/copy.db"), ("memory:", "new.db"), ("x", "new.db")]
    wrong += [(f"sqlite:///{tmp_path}/{name}.db", "new.db") for name in ("none", "foreign", "empty")]
    for source, target in wrong:
        before = sorted(tmp_path.iterdir())
        assert main(["backup", source, f"{tmp_path}/{target}"]) == 2
        out, err = capsys.readouterr()
        assert (out, err[:12], err.count("\n")) == ("", "demandflow: ", 1)
        assert sorted(tmp_path.iterdir()) == before


def test_a_backup_during_a_long_write_does_not_hold_up_the_writer(tmp_path: Path) -> None:
    done = Event()
    url = filled(tmp_path / "log.db", 20)
    with DemandFlow.open(url) as flow:

        def record() -> None:
            while not done.is_set():
                flow.register("x", channel="hotline", place="f/c1", by=CLERK)

        writer = Thread(target=record)
        writer.start()
        try:
            numbers = [backup_log(url, tmp_path / f"copy{number}.db").events for number in range(5)]
        finally:
            done.set()
            writer.join()
        assert numbers == sorted(numbers)
        assert numbers[-1] <= flow.last_position()
