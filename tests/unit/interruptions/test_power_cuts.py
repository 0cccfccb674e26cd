"""What a power cut can take: nothing that was answered, or with synchronous="NORMAL" the last commits, in one piece."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from demandflow import Calendar, DemandFlow, Event, InvalidValue, closed_loop, fold, standard_clocks
from demandflow.domain.facts import STANDARD_FACTS
from demandflow.policies import Handler, standard_policies
from demandflow.store.reader import recorded_events
from demandflow.store.sqlite.recorder import ROWS
from demandflow.store.sqlite.writer import Writer
from demandflow.testing import FrozenClock, counted_ids
from tests.profiles import examples
from tests.stories import AUDITOR, CLERK

PLACED: Any = {"channel": "hotline", "place": "fufeng/c1"}
OFFICE = Calendar.of("office", zone="UTC", hours="Mon-Sun 00:00-24:00")
TIMED = closed_loop("timed", clocks=standard_clocks(OFFICE, finish="1 hours"))
POLICIES = standard_policies(OFFICE, units=(Handler("team", "fufeng"),), alike=None)
STEPS = ("register", "note", "accept", "figures", "policies", "close and open")


def wal_of(path: Path) -> Path:
    return path.with_name(f"{path.name}-wal")


class Town:
    """A flow whose file can be had as a power cut would leave it."""

    def __init__(self, folder: str | Path, synchronous: str) -> None:
        self.path, self.synchronous = Path(folder) / "flow.db", synchronous
        self.clock, self.ids = FrozenClock(), counted_ids()
        self.demands: list[UUID] = []
        self.flow = self.opened(self.path)
        self.synced = self.watched()

    def opened(self, path: Path) -> DemandFlow:
        how: Any = {"clock": self.clock, "new_id": self.ids, "policies": POLICIES, "workflows": [TIMED]}
        return DemandFlow.open(f"sqlite:///{path}", synchronous=self.synchronous, **how)

    def watched(self) -> int:
        """See to it that it is known how much of the write-ahead file has been synchronised; as yet it is nothing."""
        recorder = self.flow._log._recorder
        append = recorder.append

        def watching(*rows: Any) -> int:
            last = append(*rows)
            ((synchronous,),) = recorder._writer.connection.execute("PRAGMA synchronous").fetchall()  # type: ignore[attr-defined]
            if synchronous == 2:  # FULL
                self.synced = wal_of(self.path).stat().st_size
            return last

        recorder.append = watching  # type: ignore[method-assign, assignment]
        return 0

    def do(self, step: str) -> None:
        flow = self.flow
        self.clock.advance(hours=3)
        if step == "register" or (not self.demands and step in ("note", "accept")):
            self.demands.append(flow.register("x", by=CLERK, **PLACED).id)
        elif step == "note":
            flow.note(self.demands[-1], "y", by=CLERK)
        elif step == "accept" and flow.demand(self.demands[-1]).state == "registered":
            flow.accept(self.demands[-1], by=AUDITOR)
        elif step == "figures":
            flow.figures()
        elif step == "policies":
            flow.run_policies()
        elif step == "close and open":
            flow.close()
            self.flow = self.opened(self.path)
            self.synced = self.watched()

    def cut(self, copy: Path, kept: float, lost: int) -> None:
        """The files as the disk may hold them: of what was not synchronised a part, or all but a few bytes of it."""
        shutil.copy(self.path, copy)
        if wal_of(self.path).exists():
            written = wal_of(self.path).read_bytes()
            end = self.synced + int(kept * (len(written) - self.synced))
            rest = written[end + lost :] if lost else b""
            if end or rest:  # else not even its name came to the disk
                wal_of(copy).write_bytes(written[:end] + bytes(min(lost, len(written) - end)) + rest)


@pytest.mark.parametrize("synchronous", ["FULL", "NORMAL"])
@settings(max_examples=examples(30))
@given(
    steps=st.lists(st.sampled_from(STEPS), min_size=1, max_size=8),
    kept=st.floats(0, 1),
    lost=st.sampled_from([0, 1, 100, 4096, 20_000]),
)
def test_after_a_power_cut_the_log_is_one_of_an_earlier_moment(
    synchronous: str, steps: list[str], kept: float, lost: int
) -> None:
    with TemporaryDirectory() as folder:
        town, copy = Town(folder, synchronous), Path(folder) / "copy.db"
        for step in steps:
            town.do(step)
        town.cut(copy, kept, lost)
        recorded = list(town.flow.all_events())
        town.flow.close()
        there = list(recorded_events(f"sqlite:///{copy}", STANDARD_FACTS))
        assert there == recorded[: len(there)]
        assert synchronous != "FULL" or there == recorded
        goes_on(town.opened(copy), there)


def goes_on(flow: DemandFlow, there: list[Event]) -> None:
    """Nothing is taken for lost, the figures are those of what is there, and more is recorded."""
    with flow:
        assert list(flow.all_events()) == there
        assert flow.verify().ok
        demands = {event.demand for event in there}
        for demand in demands:
            assert flow.demand(demand) == fold(event for event in there if event.demand == demand)
        assert flow.figures().adds_up
        assert flow.figures().count("received") == len(demands)
        flow.run_policies()
        new = flow.register("after the power came back", by=CLERK, **PLACED).id
        assert {row.demand for row in flow.board().rows} == {*demands, new}
        assert flow.verify().ok


def test_the_first_event_of_a_file_waits_for_the_disk_and_the_others_as_it_was_said(tmp_path: Path) -> None:
    for synchronous, others in (("FULL", 2), ("NORMAL", 1)):
        (tmp_path / synchronous).mkdir()
        town = Town(tmp_path / synchronous, synchronous)
        writer = town.flow._log._recorder._writer.connection  # type: ignore[attr-defined]
        for waits in (2, others, others):
            town.do("register")
            assert writer.execute("PRAGMA synchronous").fetchall() == [(waits,)]
            assert writer.execute("PRAGMA journal_mode").fetchall() == [("wal",)]
        town.flow.close()


def test_how_commits_are_synchronised_is_said_in_known_words(tmp_path: Path) -> None:
    for wrong in ("OFF", "normal", "EXTRA", "", None, 1, True, b"FULL", ["FULL"]):
        with pytest.raises(InvalidValue, match=r"synchronous: .* is not understood \(possible: FULL, .*; NORMAL, "):
            DemandFlow.open(f"sqlite:///{tmp_path / 'flow.db'}", synchronous=wrong)  # type: ignore[arg-type]
        with pytest.raises(InvalidValue, match="possible: FULL"):
            DemandFlow.open("memory:", synchronous=wrong)  # type: ignore[arg-type]
    assert not list(tmp_path.iterdir()), "nothing is made where something is wrong"
    DemandFlow.open("memory:", synchronous="NORMAL").close()


def test_where_no_write_ahead_file_can_be_every_commit_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def connected(path: str) -> sqlite3.Connection:
        return sqlite3.connect(f"file:{path}?vfs=unix-none", uri=True, isolation_level=None)

    monkeypatch.setattr("demandflow.store.sqlite.writer.connected", connected)
    writer = Writer(str(tmp_path / "log.db"), "NORMAL")
    writer.transaction(lambda connection: connection.execute(ROWS))
    for version in (1, 2, 3):
        writer.append([("a", version, "t", b"")])
        assert writer.connection.execute("PRAGMA journal_mode").fetchall() == [("delete",)]
        assert writer.connection.execute("PRAGMA synchronous").fetchall() == [(2,)]
    writer.close()
