"""Rows of the log that went are noticed; reading goes on once somebody decided so, and nothing else breaks."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from demandflow import (
    Demand,
    DemandFlow,
    DemandFlowError,
    FeedbackMethod,
    Grade,
    InvalidValue,
    RuleBroken,
    StorageError,
)
from demandflow.domain.evolve import evolve
from demandflow.domain.facts import STANDARD_FACTS
from demandflow.errors import HistoryIncomplete, UnreadableEvent
from demandflow.facts import Noted, Registered
from demandflow.store.holes import Hole, Verification, without
from demandflow.store.log import Log
from demandflow.store.mapper import Unreadable
from demandflow.store.reader import recorded_events
from tests.profiles import examples
from tests.stories import AUDITOR, CLERK, RESIDENT, Story

PLACED: Any = {"channel": "hotline", "place": "fufeng/c1"}
ROWS = "SELECT rowid, * FROM stored_events ORDER BY rowid"
Row = tuple[Any, ...]


def recorded(path: Path) -> list[UUID]:
    """Three demands, of which the first has six events."""
    with DemandFlow.open(f"sqlite:///{path}") as flow:
        first = flow.register("a", by=CLERK, resident=RESIDENT.id, **PLACED).id
        flow.note(first, "b", by=CLERK)
        second = flow.register("c", by=CLERK, source="hotline", reference="7", **PLACED).id
        flow.answer(first, "d", by=AUDITOR)
        flow.feed_back(first, FeedbackMethod.CALL, by=CLERK)
        flow.evaluate(first, resolved=True, grade=Grade.SATISFIED, by=RESIDENT)
        flow.note(first, "e", by=CLERK)
        third = flow.register("f", by=CLERK, **PLACED).id
        flow.note(second, "g", by=CLERK)
        flow.figures()
    return [first, second, third]


def take_away(path: Path, positions: Iterable[int]) -> list[Row]:
    """Delete these rows behind the library's back; returns them."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        rows = [row for row in connection.execute(ROWS) if row[0] in set(positions)]
        connection.executemany("DELETE FROM stored_events WHERE rowid = ?", [row[:1] for row in rows])
    return rows


def put_back(path: Path, rows: Iterable[Row]) -> None:
    put = "INSERT INTO stored_events (rowid, originator_id, originator_version, topic, state) VALUES (?, ?, ?, ?, ?)"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.executemany(put, list(rows))


def test_a_whole_log_is_found_whole(tmp_path: Path) -> None:
    recorded(tmp_path / "log.db")
    with DemandFlow.open(f"sqlite:///{tmp_path / 'log.db'}") as flow:
        assert flow.verify() == Verification(events=9, demands=3)
        assert flow.verify().ok
        assert str(flow.verify()) == "9 events of 3 demands: all is there"
    with DemandFlow.open("memory:") as flow:
        assert flow.verify() == Verification(0, 0)


def test_versions_that_went_are_named_and_not_folded_over(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    first, second, _ = recorded(path)
    take_away(path, [1, 2])
    with DemandFlow.open(f"sqlite:///{path}") as flow:
        for read in (flow.demand, flow.history, flow.events, lambda one: flow.note(one, "x", by=CLERK)):
            with pytest.raises(
                HistoryIncomplete, match=f"versions 1 to 2 of demand {first} are missing. Restore the rows, or"
            ):
                read(first)
        assert flow.demand(second).version == 2, "the others go on"
        found = flow.verify()
        assert found.holes == (Hole("positions", 1, 2), Hole("versions", 1, 2, first))
        assert not found.ok
        assert f"\n  versions 1 to 2 of demand {first} are missing" in str(found)
        assert flow._log.page(0, 10)[0] == (
            2,
            Unreadable(None, 0, "", "positions 1 to 2 are missing", Hole("positions", 1, 2)),
        )
    with pytest.raises(HistoryIncomplete, match="positions 1 to 2 are missing, versions 1 to 2 of demand"):
        list(recorded_events(f"sqlite:///{path}", STANDARD_FACTS))


def test_what_was_acknowledged_is_gone_over_and_the_decision_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    first, second, third = recorded(path)
    take_away(path, [2, 4])
    with DemandFlow.open(f"sqlite:///{path}") as flow:
        flow.acknowledge(flow.verify().holes, by=AUDITOR, reason="  a disk that broke ")
        assert flow.verify().ok
        assert flow.demand(first).missing == ((2, 3),)
        assert [line.version for line in flow.history(first)] == [1, 4, 5, 6]
        assert flow.figures().count("received") == 3
        assert flow.figures().missing == flow.figures_by("place").total.missing == 2
        assert flow.figures().identity.endswith("; 2 events are missing")
    with DemandFlow.open(f"sqlite:///{path}") as flow:
        decision = flow.acknowledged()[-1]
        assert (decision.hole, decision.by, decision.reason) == (
            Hole("versions", 2, 3, first),
            AUDITOR,
            "a disk that broke",
        )
        assert "versions 2 to 3" in str(flow.verify())
        assert "acknowledged by" in str(flow.verify())
        assert flow._log.acknowledged_holes() == tuple(one.hole for one in flow.acknowledged())
        assert flow.note(first, "x", by=CLERK).version == 7
        assert {row.demand for row in flow.board().rows} == {first, second, third}
    assert len(list(recorded_events(f"sqlite:///{path}", STANDARD_FACTS))) == 8
    take_away(path, [5])
    with DemandFlow.open(f"sqlite:///{path}") as flow:
        assert flow.verify().holes == (Hole("positions", 5, 5), Hole("versions", 4, 4, first)), "only what is new"
        with pytest.raises(HistoryIncomplete, match="version 4 of demand"):
            flow.demand(first)


def test_rows_that_were_restored_are_no_hole(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    first, *_ = recorded(path)
    rows = take_away(path, [2, 9])
    with DemandFlow.open(f"sqlite:///{path}") as flow:
        assert not flow.verify().ok
        put_back(path, rows)
        assert flow.verify().ok
        assert flow.demand(first).version == 6
        assert flow.figures().count("received") == 3


@pytest.mark.parametrize("written_since", [0, 1, 3])
@pytest.mark.parametrize("figures_first", [True, False])
def test_an_end_that_went_is_noticed(tmp_path: Path, written_since: int, figures_first: bool) -> None:
    path = tmp_path / "log.db"
    first, second, _ = recorded(path)
    take_away(path, [8, 9])
    with DemandFlow.open(f"sqlite:///{path}") as flow:
        for _ in range(written_since):
            flow.note(first, "what residents bring is recorded", by=CLERK)
        if figures_first:
            with pytest.raises(HistoryIncomplete, match="the end is missing, position"):
                flow.figures()
        (end,) = flow.verify().holes
        assert (end.what, end.last) == ("end", 9)
        flow.acknowledge(end, by=AUDITOR, reason="deleted by hand")
        assert flow.verify().ok
        assert flow.figures().count("received") == 2
        assert flow.demand(second).version == 1
    with DemandFlow.open(f"sqlite:///{path}") as flow:
        assert flow.verify().ok
        assert flow.figures().count("received") == 2


def test_an_end_that_goes_while_the_log_is_open_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    recorded(path)
    with DemandFlow.open(f"sqlite:///{path}") as flow, DemandFlow.open(f"sqlite:///{path}") as other:
        last = flow.register("x", by=CLERK, **PLACED)
        take_away(path, [10])
        with pytest.raises(HistoryIncomplete, match="the end is missing, position 10"):
            flow.figures()
        with pytest.raises(HistoryIncomplete):
            list(other.all_events())
        assert other.verify().holes == (Hole("end", 10, 10),)
        other.acknowledge(other.verify().holes, by=CLERK, reason="tried")
        assert flow.figures().count("received") == 3
        with pytest.raises(DemandFlowError):
            flow.events(last.id)


def test_all_that_went_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    recorded(path)
    take_away(path, range(1, 10))
    with DemandFlow.open(f"sqlite:///{path}") as flow:
        with pytest.raises(HistoryIncomplete, match="the end is missing, positions 1 to 9"):
            flow.figures()
        assert flow.verify().holes == (Hole("end", 1, 9),)


def test_a_reference_whose_first_event_went_is_not_registered_again(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    _, second, _ = recorded(path)
    take_away(path, [3])
    with (
        DemandFlow.open(f"sqlite:///{path}") as flow,
        pytest.raises(HistoryIncomplete, match=f"version 1 of.*{second}"),
    ):
        flow.register("c", by=CLERK, source="hotline", reference="7", **PLACED)


def test_nothing_is_recorded_in_the_place_of_what_went(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    _, second, _ = recorded(path)
    take_away(path, [3])
    with DemandFlow.open(f"sqlite:///{path}") as flow:
        flow.acknowledge(flow.verify().holes, by=AUDITOR, reason="gone")
        with pytest.raises(
            StorageError, match=f"version 1 of demand {second} is missing, and nothing is recorded in its place"
        ):
            flow.register("c", by=CLERK, source="hotline", reference="7", **PLACED)
        assert flow.note(second, "h", by=CLERK).version == 3


def test_a_command_whose_event_went_is_not_answered_with_another(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    with DemandFlow.open(f"sqlite:///{path}") as flow:
        demand = flow.register("a", by=CLERK, **PLACED).id
        flow.note(demand, "b", by=CLERK, command_id="once")
        take_away(path, [2])
        with pytest.raises(HistoryIncomplete, match=f"version 2 of demand {demand} is missing"):
            flow.note(demand, "b", by=CLERK, command_id="once")


def test_a_correction_names_its_event_by_version_also_behind_a_hole(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    first, *_ = recorded(path)
    take_away(path, [2])
    with DemandFlow.open(f"sqlite:///{path}") as flow:
        flow.acknowledge(flow.verify().holes, by=AUDITOR, reason="gone")
        with pytest.raises(RuleBroken, match="there is no event 2; this demand has events 1 to 6, without 2 to 2"):
            flow.correct(first, 2, "r", place="c9", by=AUDITOR)
        with pytest.raises(RuleBroken, match="event 6 is Noted"):
            flow.correct(first, 6, "r", grade=Grade.DISSATISFIED, by=AUDITOR)
        assert flow.correct(first, 1, "r", place="fufeng/c9", by=AUDITOR).place == "fufeng/c9"
        assert list(flow.figures_by("place", level=2)) == ["fufeng/c1", "fufeng/c9"]


@given(st.sets(st.integers(2, 30)))
def test_facts_are_found_by_version(gone: set[int]) -> None:
    story = Story().tell("register")
    (began,) = story.events
    demand: Demand | None = None
    for version in range(1, 31):
        if version not in gone:
            fact = began.fact if version % 3 == 1 else Noted(text=str(version))
            demand = evolve(demand, type(began)(began.demand, version, fact, began.meta, began.stamp))
    assert demand is not None
    for version in range(-1, 33):
        there = 1 <= version <= demand.version and version not in gone
        kind = None if not there else Registered if version % 3 == 1 else Noted
        assert demand.fact_of(version) is kind
        assert demand.facts_by_version.get(version) is kind


@settings(max_examples=examples(60), deadline=None)
@given(st.sets(st.integers(1, 9), min_size=1), st.booleans())
def test_whatever_went_every_question_is_answered_or_refused_in_words(gone: set[int], acknowledged: bool) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "log.db"
        demands = recorded(path)
        take_away(path, gone)
        with DemandFlow.open(f"sqlite:///{path}") as flow:
            found = flow.verify()
            assert not found.ok
            positions = {
                at for hole in found.holes if hole.what != "versions" for at in range(hole.first, hole.last + 1)
            }
            assert positions == gone
            if acknowledged:
                flow.acknowledge(found.holes, by=AUDITOR, reason="gone")
                assert flow.verify().ok
                figures = flow.figures()
                assert (
                    figures.count("received")
                    == flow.board(total=True).total
                    == len({e.demand for e in flow.all_events()})
                )
            questions: list[Any] = [
                flow.figures,
                flow.board,
                flow.rebuild,
                flow.run_policies,
                lambda: [*flow.all_events()],
            ]
            for demand in demands:
                questions += [
                    lambda demand=demand: flow.demand(demand),
                    lambda demand=demand: flow.history(demand),
                    lambda demand=demand: flow.possible_moves(demand),
                    lambda demand=demand: flow.note(demand, "x", by=CLERK),
                    lambda demand=demand: flow.correct(demand, 1, "r", place="c2", by=AUDITOR),
                    lambda demand=demand: flow.correct(demand, 5, "r", grade=Grade.SATISFIED, by=AUDITOR),
                ]
            for ask in questions:
                try:
                    ask()
                except DemandFlowError as error:
                    assert str(error)
                    assert not acknowledged or not isinstance(error, HistoryIncomplete)


def test_what_cannot_be_acknowledged(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    recorded(path)
    take_away(path, [2])
    with DemandFlow.open(f"sqlite:///{path}") as flow:
        hole = flow.verify().holes[0]
        wrong: dict[str, dict[str, Any]] = {
            "is none that verify": {"holes": Hole("positions", 4, 4)},
            "must be some of those": {"holes": ["position 2"]},
            "by: must be an Actor": {"by": "me"},
            "reason: .* says nothing": {"reason": "  "},
        }
        for says, how in wrong.items():
            with pytest.raises(InvalidValue, match=says):
                flow.acknowledge(**{"holes": hole, "by": CLERK, "reason": "x", **how})
        with pytest.raises(InvalidValue, match="must be several"):
            flow.acknowledge(3, by=CLERK, reason="x")  # type: ignore[arg-type]
        assert flow.acknowledged() == ()


def test_rows_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    first, *_ = recorded(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("UPDATE stored_events SET state = '{' WHERE rowid = 2")
        connection.execute("UPDATE stored_events SET originator_id = 'nobody' WHERE rowid = 8")
    with DemandFlow.open(f"sqlite:///{path}") as flow:
        found = flow.verify()
        assert [line.partition(" cannot")[0] for line in found.unreadable] == [
            f"event 2 of demand {first} (demand.noted)",
            "event 1 of demand None (demand.registered)",
        ]
        with pytest.raises(UnreadableEvent, match=r"event 2 of demand .*truncated"):
            flow.demand(first)


def test_a_page_ends_where_it_is_to_end(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    recorded(path)
    take_away(path, [2, 3, 6])
    log = Log(f"sqlite:///{path}", STANDARD_FACTS)
    for limit in range(1, 8):
        last, read = 0, []
        while page := log.page(last, limit):
            assert len(page) <= limit
            last = page[-1][0]
            read += [position for position, _ in page]
        assert read == [1, 3, 4, 5, 6, 7, 8, 9]
    log.close()


@given(st.sets(st.integers(1, 20)), st.sets(st.integers(1, 20)))
def test_what_is_left_of_a_hole(wanted: set[int], known: set[int]) -> None:
    first, last = min(wanted, default=1), max(wanted, default=1)
    holes = [Hole("positions", at, at) for at in known] + [Hole("versions", 1, 99, UUID(int=1))]
    left = without(Hole("positions", first, last), holes)
    assert [at for hole in left for at in range(hole.first, hole.last + 1)] == [
        at for at in range(first, last + 1) if at not in known
    ]


def test_vacuum_leaves_the_positions_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    recorded(path)
    take_away(path, [2, 4])
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("VACUUM")
    with DemandFlow.open(f"sqlite:///{path}") as flow:
        assert [hole for hole in flow.verify().holes if hole.what == "positions"] == [
            Hole("positions", 2, 2),
            Hole("positions", 4, 4),
        ]
