"""The log says of itself in which zone its days end, of which format it is, and by which rule books it was written."""

from __future__ import annotations

import gzip
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack, closing, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demandflow import (
    CLOSED_LOOP,
    Calendar,
    Days,
    DemandFlow,
    InvalidValue,
    Move,
    Role,
    Stage,
    State,
    Workflow,
    closed_loop,
    standard_clocks,
)
from demandflow.application import published
from demandflow.domain.facts import STANDARD_FACTS
from demandflow.domain.versions.declared import declared, differences
from demandflow.errors import DemandNotFound, UnknownFormat, WorkflowChanged, WrongTenant, WrongZone
from demandflow.facts import Fact, Noted
from demandflow.projections.rebuilding import Rebuilding
from demandflow.store.reader import recorded_events
from demandflow.testing import FrozenClock
from tests.stories import CLERK, T0

PLACED: Any = {"channel": "hotline", "place": "fufeng/c1"}
LATE = FrozenClock(T0.replace(hour=20))
LOGS = Path(__file__).parent / "logs"
OFFICE = Calendar.of("office", zone="UTC", hours="Mon-Fri 09:00-17:00", days=Days.none([2025]))
TIMED = closed_loop("timed", clocks=standard_clocks(OFFICE))


def opened(path: Path, **how: Any) -> DemandFlow:
    return DemandFlow.open(f"sqlite:///{path}", clock=LATE, **how)


def filled(path: Path, **how: Any) -> None:
    with opened(path, **how) as flow:
        flow.register("a", by=CLERK, **PLACED)


def days(flow: DemandFlow) -> list[str]:
    return list(flow.figures_by("received", every="day"))


def test_the_log_keeps_its_zone(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    filled(path, zone="Asia/Shanghai")
    for how in ({}, {"zone": "Asia/Shanghai"}):
        with opened(path, **how) as flow:
            assert flow.zone == "Asia/Shanghai"
            assert days(flow) == ["2025-03-02"]
    with pytest.raises(WrongZone, match=r"end in Asia/Shanghai, not in UTC; open it without a zone, .*rezone\('UTC'\)"):
        opened(path, zone="UTC")
    with DemandFlow.open("memory:") as flow:
        assert flow.zone == "UTC"


def test_rezone_changes_it_for_all_and_rebuilds_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "log.db"
    filled(path)
    with opened(path) as one, opened(path) as other:
        assert days(one) == days(other) == ["2025-03-01"]
        one.rezone("Asia/Shanghai")

        def never(self: Rebuilding) -> None:
            raise AssertionError("the tables are made anew")

        monkeypatch.setattr(Rebuilding, "begin", never)
        for flow in (one, other, one, other):
            assert flow.zone == "Asia/Shanghai"
            assert days(flow) == ["2025-03-02"]
            assert "2025-03-02 04:00" in str(flow.history(flow.board().rows[0].demand)[0])
        with pytest.raises(InvalidValue, match="is no time zone"):
            one.rezone("Middle/Earth")


def test_who_asks_first_of_one_demand_asks_in_the_new_zone_as_well(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    filled(path)
    for zone, there in (("Asia/Shanghai", False), ("UTC", True)):
        with ExitStack() as several:
            one, two, three, four, other = (several.enter_context(opened(path)) for _ in range(5))
            (row,) = one.board().rows
            other.rezone(zone)
            at = "2025-03-01 20:00" if there else "2025-03-02 04:00"
            assert at in str(one.history(row.demand)[0])
            assert len(two.board(as_of="2025-03-01").rows) == there
            assert len(four.board(received="2025-03-01").rows) == there
            with nullcontext() if there else pytest.raises(DemandNotFound):
                three.demand(row.demand, as_of="2025-03-01")


def test_a_log_of_a_later_format_is_not_opened(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    filled(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("UPDATE demandflow_settings SET value = '3' WHERE name = 'format'")
    before = path.read_bytes()
    with pytest.raises(UnknownFormat, match="of format 3, and this release of demandflow knows none above 2"):
        opened(path)
    with pytest.raises(UnknownFormat):
        list(recorded_events(f"sqlite:///{path}", STANDARD_FACTS))
    assert path.read_bytes() == before


def test_a_workflow_that_changed_is_refused_with_what_differs(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    filled(path)
    changed = closed_loop(bound=5)
    says = (
        r"closed-loop@2 is not what it was .*when: the_bound_is_reached\(rounds=3\) → the_bound_is_reached\(rounds=5\)"
    )
    with pytest.raises(WorkflowChanged, match=says) as refused:
        opened(path, workflows=[changed])
    assert "give it a new version" in str(refused.value)
    with opened(path, workflows=[closed_loop(version=7, bound=5), CLOSED_LOOP]) as flow:
        assert flow.register("b", by=CLERK, **PLACED).workflow == "closed-loop@7"
        assert flow.figures().count("received") == 2


def test_a_workflow_that_never_wrote_may_still_change(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    filled(path, workflows=[CLOSED_LOOP, closed_loop("other")])
    with opened(path, workflows=[CLOSED_LOOP, closed_loop("other", bound=9)]) as flow:
        flow.register("b", by=CLERK, workflow=closed_loop("other").key, **PLACED)
    with pytest.raises(WorkflowChanged, match="other@"):
        opened(path, workflows=[CLOSED_LOOP, closed_loop("other")])


def test_of_two_that_were_opened_before_the_first_to_write_counts(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    with opened(path) as one, opened(path, workflows=[closed_loop(bound=9)]) as other:
        one.register("a", by=CLERK, **PLACED)
        with pytest.raises(WorkflowChanged):
            other.register("b", by=CLERK, **PLACED)
        assert one.figures().count("received") == 1


def test_an_old_log_takes_what_its_first_opening_says(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(gzip.decompress((LOGS / "log_before_format_numbers.sql.gz").read_bytes()).decode())
    with DemandFlow.open(f"sqlite:///{path}", workflows=[*published(), closed_loop("unused")]) as flow:
        assert flow.zone == "Asia/Shanghai", "as its tables were made"
        assert flow.verify().ok
    with closing(sqlite3.connect(path)) as connection:
        kept = {key for (key,) in connection.execute("SELECT key FROM demandflow_workflows")}
        assert dict(connection.execute("SELECT * FROM demandflow_settings"))["format"] == "1"
    assert kept == {"closed-loop@1"}, "of those given, the ones that wrote"
    changed = replace(published()[-1], moves=published()[-1].moves[:-1])
    with pytest.raises(WorkflowChanged, match="closed-loop@1 is not what it was"):
        DemandFlow.open(f"sqlite:///{path}", workflows=[changed])
    with DemandFlow.open(f"sqlite:///{path}", workflows=[*published(), closed_loop("unused", bound=9)]):
        pass


def test_reading_alone_keeps_nothing(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(gzip.decompress((LOGS / "log_before_format_numbers.sql.gz").read_bytes()).decode())
    before = path.read_bytes()
    assert list(recorded_events(f"sqlite:///{path}", STANDARD_FACTS))
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["old.db"]


def test_who_is_refused_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    filled(path, tenant="fufeng")
    before = path.read_bytes()
    wrong: list[tuple[type[Exception], dict[str, Any]]] = [
        (WrongTenant, {"zone": "UTC"}),
        (WrongZone, {"tenant": "fufeng", "zone": "Asia/Shanghai"}),
        (WorkflowChanged, {"tenant": "fufeng", "workflows": [closed_loop(bound=9)]}),
    ]
    for error, how in wrong:
        with pytest.raises(error):
            opened(path, **how)
    assert path.read_bytes() == before


def test_all_published_versions_of_the_standard_loop_open_by_default() -> None:
    with DemandFlow.open("memory:") as flow:
        assert tuple(flow.workflows) == tuple(workflow.key for workflow in published())
        assert CLOSED_LOOP.key in flow.workflows


@pytest.mark.long
def test_what_is_declared_is_the_same_in_every_process() -> None:
    code = (
        "from demandflow import CLOSED_LOOP; from demandflow.domain.versions.declared import declared;"
        "from tests.unit.store.test_log_settings import TIMED; print(declared(CLOSED_LOOP)); print(declared(TIMED))"
    )
    for seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONIOENCODING": "utf-8"}
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
        assert done.stdout.splitlines() == [declared(CLOSED_LOOP), declared(TIMED)]
    assert " at 0x" not in declared(TIMED)


def with_move(change: Callable[[Move], Move]) -> Workflow:
    moves = [change(move) if move.name == "accept" else move for move in CLOSED_LOOP.moves]
    return replace(CLOSED_LOOP, moves=moves)


class Ours(Noted):
    """A note of a community's own."""

    TOPIC: ClassVar[str] = "ours.noted"


def an_own_rule(demand: object, proposal: object) -> str | None:
    return None


CHANGES: list[tuple[str, Callable[[], Workflow]]] = [
    ("clock", lambda: closed_loop(clocks=standard_clocks(OFFICE))),
    ("reopening_window", lambda: closed_loop(reopening_days=31)),
    ("by: auditor → auditor, supervisor", lambda: with_move(lambda m: replace(m, by=(Role.AUDITOR, Role.SUPERVISOR)))),
    ("rules:", lambda: with_move(lambda m: replace(m, rules=(*m.rules, an_own_rule)))),
    ("means:", lambda: with_move(lambda m: replace(m, means=()))),
    (
        "state registered owner",
        lambda: replace(
            CLOSED_LOOP,
            states=[replace(s, owner=Role.SUPERVISOR) if s.name == "registered" else s for s in CLOSED_LOOP.states],
        ),
    ),
]


@pytest.mark.filterwarnings("ignore::demandflow.errors.WorkflowAdvice")
@pytest.mark.parametrize(("says", "change"), CHANGES, ids=[says for says, _ in CHANGES])
def test_whatever_decides_otherwise_is_declared_otherwise(says: str, change: Callable[[], Workflow]) -> None:
    lines = differences(declared(CLOSED_LOOP), declared(change()))
    assert lines
    assert any(says in line for line in lines), lines


SAME: list[Callable[[], Workflow]] = [
    lambda: replace(CLOSED_LOOP, states=list(reversed(CLOSED_LOOP.states))),
    lambda: with_move(lambda move: replace(move, by=(Role.AUDITOR,), rules=tuple(reversed(move.rules)))),
    lambda: with_move(lambda move: replace(move, from_=("registered",), means=("accepted",))),
    closed_loop,
]


@pytest.mark.parametrize("change", SAME)
def test_what_is_only_written_otherwise_is_the_same(change: Callable[[], Workflow]) -> None:
    assert differences(declared(CLOSED_LOOP), declared(change())) == ()
    assert declared(CLOSED_LOOP) == declared(change())


def test_a_year_more_in_a_calendar_is_no_other_workflow() -> None:
    longer = replace(OFFICE, days=(Days.none([2025, 2026]),))
    assert declared(closed_loop("timed", clocks=standard_clocks(longer))) == declared(TIMED)
    other = replace(OFFICE, hours=Calendar.of("o", zone="UTC", hours="Mon-Fri 09:00-18:00").hours)
    assert declared(closed_loop("timed", clocks=standard_clocks(other))) != declared(TIMED)


@given(st.integers(1, 9), st.integers(1, 9))
def test_two_loops_are_declared_alike_if_their_numbers_are(one: int, other: int) -> None:
    alike = declared(closed_loop(bound=one)) == declared(closed_loop(bound=other))
    assert alike == (one == other)


def test_a_community_with_its_own_states_is_declared_as_well() -> None:
    state = State("open", Stage.FEEDBACK, owner="clerk")
    assert '"owner":"clerk"' in declared(
        Workflow(
            "own",
            1,
            states=[state, State("done", Stage.ENDED, ended_as="closed")],
            moves=[
                Move("file", STANDARD_FACTS[0], CLOSED_LOOP.moves[0].from_, "open", by="clerk"),
                Move("end", Ours, "open", "done", by="clerk"),
            ],
        )
    )
    assert issubclass(Ours, Fact)
