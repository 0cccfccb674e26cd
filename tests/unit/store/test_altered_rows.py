"""Rows that somebody altered by hand: what can be read is answered, the rest is named, and nothing goes on for ever."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from demandflow import CLOSED_LOOP, DemandFlow, InvalidValue, StorageError
from demandflow.domain.versions.declared import differences
from demandflow.errors import WorkflowChanged
from demandflow.store.tables.by_demand import first_rows
from demandflow.testing import FrozenClock
from tests.stories import CLERK


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "log.db"
    with DemandFlow.open(f"sqlite:///{path}", clock=FrozenClock()) as flow:
        for text in ("a lamp", "a tree"):
            flow.register(text, channel="hotline", place="fufeng/c1", by=CLERK)
        flow.figures()
    return path


def altered(path: Path, statement: str, *values: object) -> DemandFlow:
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute(statement, values).rowcount
        connection.commit()
    return DemandFlow.open(f"sqlite:///{path}", clock=FrozenClock())


@pytest.mark.parametrize("other", [b"", b"null", b"\xff"])
def test_a_row_of_a_demand_whose_id_is_bytes_is_parked_once(log: Path, other: bytes) -> None:
    with altered(log, "UPDATE stored_events SET originator_id = ? WHERE rowid = 1", other) as flow:
        flow.rebuild()
        assert flow.figures().count("received") == 1
        assert [(event.position, event.demand) for event in flow.parked_events()] == [(1, None)]
        assert not flow.verify().ok


@pytest.mark.parametrize("column", ["last", "parked", "taken", "log"])
@pytest.mark.parametrize("other", [b"x", "x", 0.5])
def test_how_far_the_tables_are_is_lost_with_it(log: Path, column: str, other: object) -> None:
    with altered(log, f"UPDATE demandflow_cursors SET {column} = ?", other) as flow:
        assert flow.figures().count("received") == 2
        assert flow.parked_events() == ()


@pytest.mark.parametrize("other", [b"x", "x"])
def test_a_mark_that_is_no_position_marks_nothing(log: Path, other: object) -> None:
    with altered(log, "UPDATE demandflow_marks SET position = ?", other) as flow:
        assert flow.verify().ok


@pytest.mark.parametrize(("column", "other"), [("first", b"x"), ("at", "soon"), ("role", ""), ("demand", "x")])
def test_decisions_that_were_altered_are_named(log: Path, column: str, other: object) -> None:
    with altered(log, "DELETE FROM stored_events WHERE rowid = 1") as flow:
        flow.acknowledge(flow.verify().holes, by=CLERK, reason="the disk")
    alter = f"UPDATE demandflow_holes SET {column} = ?"
    with pytest.raises(StorageError, match="decisions"), altered(log, alter, other) as flow:
        flow.verify()


def test_a_workflow_that_was_altered_is_another(log: Path) -> None:
    assert differences("{", "{}") == ("what the log keeps of it cannot be read",)
    with pytest.raises(WorkflowChanged, match="cannot be read"):
        altered(log, "UPDATE demandflow_workflows SET declared = ? WHERE key = ?", "{", CLOSED_LOOP.key).close()


def test_what_cannot_be_called_is_no_way_to_stop(log: Path) -> None:
    stop: Any = 3
    with DemandFlow.open(f"sqlite:///{log}", clock=FrozenClock()) as flow:
        with pytest.raises(InvalidValue, match="stop: must be a function"):
            flow.run_policies(stop=stop)
        with pytest.raises(InvalidValue, match="stop: must be a function"):
            flow.deliver_notices(print, stop=stop)


def test_rows_of_a_demand_that_nobody_asked_for_are_left_out() -> None:
    asked, other = [("a", 1, "topic", b""), ("a", 2, "topic", b"")], ("b", 1, "topic", b"")
    there = first_rows(lambda query, values: [*asked, other], {"a": (2, 9)})  # as a damaged index gives them
    assert list(there) == [("a", asked)]
