"""Tables that were dropped, emptied or changed are made from the log again: at opening, and by a rebuild."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from demandflow import DemandFlow, Notice, StorageError
from demandflow.projections.totals import DIMENSIONS
from tests.profiles import examples
from tests.stories import AUDITOR
from tests.tables import dump, same_tables
from tests.unit.policies.test_running import BEGAN, POLICIES, TIMED, Town, registered

FIGURES = ("board", "helpers", "stays", "totals", "slices", "clocks", "ledger", "sums", "days")
READERS = ("cursors", "parked_events")
POLICY = ("agenda", "parked", "delivered")
INDEXES = (
    "board_place",
    "board_state",
    "board_due",
    "board_open",
    "ledger_demand",
    "agenda_at",
    "parked_events_demand",
)
HARMS = [
    *(f"DROP TABLE demandflow_{table}" for table in (*FIGURES, *READERS, *POLICY)),
    *(f"DELETE FROM demandflow_{table}" for table in (*FIGURES, *READERS, *POLICY)),
    *(f"ALTER TABLE demandflow_{table} ADD COLUMN more TEXT" for table in (*FIGURES, *READERS, *POLICY)),
    *(f"DROP INDEX demandflow_{index}" for index in INDEXES),
    "ALTER TABLE demandflow_board RENAME COLUMN place TO somewhere",
    "ALTER TABLE demandflow_ledger RENAME TO demandflow_old_ledger",
    "DROP TABLE demandflow_totals; CREATE VIEW demandflow_totals AS SELECT 1 AS number",
    "DELETE FROM demandflow_totals WHERE dimension = 'place'",
    "DELETE FROM demandflow_board WHERE demand = (SELECT MIN(demand) FROM demandflow_board)",
    "DELETE FROM demandflow_ledger WHERE rowid = (SELECT MIN(rowid) FROM demandflow_ledger)",
    "DELETE FROM demandflow_agenda WHERE rowid = 1 OR cause LIKE 'received%'".replace("rowid = 1 OR ", ""),
    "DELETE FROM demandflow_cursors WHERE reader = 'figures'",
    "DELETE FROM demandflow_cursors WHERE reader LIKE 'policies %'",
    "UPDATE demandflow_cursors SET taken = 'many' WHERE reader = 'figures'",
]


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log with its tables, on which the policies have acted and have more to do."""
    town = Town(tmp_path_factory.mktemp("sound"))
    for _ in range(4):
        town.flow.accept(registered(town), by=AUDITOR)
    town.flow.run_policies()
    town.flow.deliver_notices(lambda notice: None)
    for _ in range(2):
        town.flow.accept(registered(town), by=AUDITOR)
    town.flow.figures()
    town.flow.next_moment()
    town.close()
    return Path(town.url.removeprefix("sqlite:///"))


def copied(sound: Path, name: str) -> Path:
    path = sound.with_name(name)
    for file in path.parent.glob(f"{name}*"):
        file.unlink()
    shutil.copy(sound, path)
    return path


def harm(path: Path, harms: list[str]) -> None:
    """Do these things to the tables, as far as each is possible after the others."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for script in harms:
            for statement in script.split(";"):
                with suppress(sqlite3.OperationalError):
                    connection.execute(statement)


def opened(path: Path) -> DemandFlow:
    return DemandFlow.open(
        f"sqlite:///{path}", workflows=[TIMED], clock=lambda: BEGAN + timedelta(days=3), policies=POLICIES
    )


def answers(flow: DemandFlow) -> dict[str, Any]:
    """What the flow answers, before and after the policies have acted."""
    said: dict[str, Any] = {"figures": flow.figures(), "board": flow.board(), "next": flow.next_moment()}
    said["parts"] = [flow.figures_by(name) for name in DIMENSIONS]
    said["waits"] = flow.waiting(open_until=BEGAN + timedelta(days=9))
    said["past"] = flow.figures(as_of="2026-03-02")
    said["ran"] = flow.run_policies()
    said["after"] = (flow.figures(), flow.board(), flow.next_moment())
    return said


@pytest.fixture(scope="module")
def twin(sound: Path) -> dict[str, Any]:
    """What an untouched log answers."""
    with opened(copied(sound, "twin.db")) as flow:
        return answers(flow)


def same(flow: DemandFlow, twin: dict[str, Any]) -> None:
    said = answers(flow)
    for name, answer in twin.items():
        if name == "parts":
            assert [dict(part) for part in said[name]] == [dict(part) for part in answer]
        else:
            assert said[name] == answer, name


@pytest.mark.parametrize("one", HARMS)
def test_each_loss_is_made_good_at_opening(sound: Path, twin: dict[str, Any], one: str) -> None:
    path = copied(sound, "harmed.db")
    harm(path, [one])
    with opened(path) as flow:
        same(flow, twin)


@given(st.lists(st.sampled_from(HARMS), min_size=1, max_size=6), st.booleans())
@settings(max_examples=examples(40))
def test_whatever_is_lost_opening_and_rebuilding_make_it_good(
    sound: Path, twin: dict[str, Any], harms: list[str], live: bool
) -> None:
    path = copied(sound, "harmed.db")
    if not live:
        harm(path, harms)
    with opened(path) as flow:
        if live:
            flow.figures()
            flow.next_moment()
            harm(path, harms)
            flow.rebuild()
        same(flow, twin)
        tables = dump(flow._projector)
        flow.rebuild()
        same_tables(tables, dump(flow._projector), "a rebuild")


@pytest.mark.parametrize("table", [*FIGURES, *READERS, *POLICY])
def test_a_table_that_goes_while_a_flow_is_open_is_a_clear_error_with_its_remedy(
    sound: Path, twin: dict[str, Any], table: str
) -> None:
    path = copied(sound, "harmed.db")
    with opened(path) as flow:
        flow.figures()
        harm(path, [f"DROP TABLE demandflow_{table}"])
        asked: list[Callable[[], object]] = [
            flow.figures,
            flow.board,
            flow.waiting,
            flow.next_moment,
            flow.parked,
            lambda: flow.figures(as_of="2026-03-02"),
            lambda: flow.counted("open"),
        ]
        for ask in asked:
            with suppress(StorageError):
                ask()
        with suppress(StorageError):
            flow.deliver_notices(lambda notice: None)
        use: dict[str, Callable[[], object]] = {
            "board": flow.board,
            "ledger": lambda: flow.counted("open"),
            "sums": lambda: flow.figures_by("place", "channel"),
            "days": lambda: flow.figures(as_of="2026-03-02"),
            "cursors": flow.figures,
            "agenda": flow.next_moment,
            "parked": flow.parked,
            "delivered": lambda: flow.deliver_notices(lambda notice: None),
        }
        if table in use:
            with pytest.raises(StorageError, match=rf"no such table: demandflow_{table}.*rebuild\(\)"):
                use[table]()
        flow.rebuild()
        same(flow, twin)


def test_a_position_that_goes_while_a_flow_is_open_counts_nothing_twice(sound: Path, twin: dict[str, Any]) -> None:
    path = copied(sound, "harmed.db")
    with opened(path) as flow:
        flow.figures()
        flow.next_moment()
        harm(path, ["DELETE FROM demandflow_cursors"])
        same(flow, twin)


def test_opening_what_is_sound_writes_no_table(sound: Path) -> None:
    path = copied(sound, "kept.db")
    for _ in range(2):
        with opened(path) as flow, closing(sqlite3.connect(path)) as connection:
            for tables in (flow._projector._connection, flow._agenda.tables.connection):
                assert tables.total_changes == 0  # type: ignore[attr-defined]
            shapes = connection.execute("PRAGMA schema_version").fetchone()
            with opened(path):
                assert connection.execute("PRAGMA schema_version").fetchone() == shapes


# what is not in the log


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    made = Town(tmp_path)
    yield made
    made.close()


def again(town: Town, *harms: str) -> None:
    town.flow.close()
    harm(Path(town.url.removeprefix("sqlite:///")), list(harms))
    town.flow = town.opened()


@pytest.mark.parametrize("loss", ["DROP TABLE demandflow_parked", "DELETE FROM demandflow_parked"])
@pytest.mark.parametrize("text", ["no answer", "no moment"])
def test_a_reaction_whose_parking_is_lost_is_asked_again(town: Town, text: str, loss: str) -> None:
    registered(town, text)
    before = town.flow.run_policies().parked
    assert len(before) == 1
    assert not town.flow.run_policies().parked
    again(town, loss)
    assert town.flow.run_policies().parked == before
    assert town.flow.parked() == before


def test_what_was_dropped_stays_so_through_a_rebuild(town: Town) -> None:
    registered(town, "no answer")
    town.flow.run_policies()
    town.flow.drop_parked(town.flow.parked())
    town.flow.rebuild()
    assert not town.flow.run_policies().parked
    again(town, "DROP TABLE demandflow_agenda")
    assert not town.flow.run_policies().parked


def told(town: Town) -> list[Notice]:
    """Some notices that were given, and more that were not yet."""
    got: list[Notice] = []
    for _ in range(2):
        registered(town)
        town.now += timedelta(days=3)
        town.flow.run_policies()
        town.flow.deliver_notices(got.append)
    assert len(got) == 2
    registered(town)
    town.now += timedelta(days=3)
    town.flow.run_policies()
    return got


@pytest.mark.parametrize("loss", ["DROP TABLE demandflow_cursors", "DELETE FROM demandflow_cursors"])
def test_where_it_is_lost_how_far_a_hook_was_told_nothing_is_given_twice(town: Town, loss: str) -> None:
    got = told(town)
    again(town, loss)
    for _ in range(2):
        with pytest.raises(StorageError, match=r"how far the hook 'notices' was told is lost.*after=0"):
            town.flow.deliver_notices(got.append)
    assert len(got) == 2
    ((_, first), (last, _), (_, third)) = town.flow.notices()
    assert town.flow.deliver_notices(got.append, after=last) == 1
    assert town.flow.deliver_notices(got.append) == 0
    assert got[0] == first
    assert got[2] == third


@pytest.mark.parametrize("loss", ["DROP TABLE demandflow_delivered", "DELETE FROM demandflow_delivered"])
def test_who_was_telling_may_be_lost_without_harm(town: Town, loss: str) -> None:
    got = told(town)
    again(town, loss)
    assert town.flow.deliver_notices(got.append) == 1
    assert len({notice.id for notice in got}) == 3


def test_a_hook_may_be_sent_back_and_forth(town: Town) -> None:
    got = told(town)
    assert town.flow.deliver_notices(got.append, after=0) == 3
    assert town.flow.deliver_notices(got.append, hook="another", after=town.flow.notices()[1][0]) == 1


def test_positions_of_an_earlier_release_are_kept(town: Town) -> None:
    got = told(town)
    (last, log) = (town.flow.notices()[1][0], town.flow._log.id)
    again(
        town,
        "DROP TABLE demandflow_cursors",
        "DROP TABLE demandflow_delivered",
        "CREATE TABLE demandflow_delivered (hook TEXT NOT NULL, log TEXT NOT NULL, last INTEGER NOT NULL, "
        "holder TEXT NOT NULL, until TEXT NOT NULL, PRIMARY KEY (hook, log))",
        f"INSERT INTO demandflow_delivered VALUES ('notices', '{log}', {last}, '', '')",
        "CREATE TABLE demandflow_position (log TEXT)",
    )
    assert town.flow.deliver_notices(got.append) == 1
    assert len({notice.id for notice in got}) == 3
