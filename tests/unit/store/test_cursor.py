"""A cursor: a position written with its effect, parking, trying again. Its reader here only keeps what it was given."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from demandflow import StorageError
from demandflow.domain.events import Event
from demandflow.store.following import cursor
from demandflow.store.following.cursor import Cursor, Effect, Position
from demandflow.store.following.parking import Parking, grouped, unreadable, unusable, waiting
from demandflow.store.following.sources import Row
from demandflow.store.mapper import Unreadable
from demandflow.store.sqlite.tables import SQLiteTables
from tests.profiles import examples
from tests.stories import A, B, Story

EVENTS = Story().tell("register accept contract_out take_on report").events


@dataclass
class Source:
    """A log as a list."""

    rows: list[Row] = field(default_factory=list)
    id: str = "a log"
    path: str | None = None

    def page(self, after: int, limit: int) -> list[Row]:
        return [row for row in self.rows if row[0] > after][:limit]

    def last_position(self) -> int:
        return self.rows[-1][0] if self.rows else 0


@dataclass
class Shelf:
    """Keeps the positions that it takes in; some cannot be applied, some cannot be written."""

    tables: SQLiteTables
    refused: set[int] = field(default_factory=set)
    unwritable: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.tables.connection.execute("CREATE TABLE shelf (position INTEGER UNIQUE)")

    def worked_out(self, rows: Sequence[Row], stuck: Collection[UUID]) -> Effect:
        parked, taken, held = [], [], set(stuck)
        for at, row in rows:
            if isinstance(row, Unreadable):
                parked.append(unreadable(at, row))
            elif row.demand in held:
                parked.append(waiting(at, row))
            elif at in self.refused:
                parked.append(unusable(at, row, ValueError("refused")))
            else:
                taken.append(at)
                continue
            if row.demand is not None:
                held.add(row.demand)

        def write(before: str) -> str:
            if bad := self.unwritable.intersection(taken):
                raise OverflowError(min(bad))
            self.tables.connection.executemany("INSERT INTO shelf VALUES (?)", [(at,) for at in taken])
            return str(int(before or 0) + len(taken))

        return Effect(write, parked)

    def positions(self) -> list[int]:
        rows = self.tables.connection.execute("SELECT position FROM shelf ORDER BY position")
        return [at for (at,) in rows]


@contextmanager
def shelved(source: Source, make: Any = str) -> Iterator[tuple[Cursor, Shelf]]:
    with closing(SQLiteTables(None)) as tables:
        tables.make(cursor.SCHEMA, tables.altered(cursor.SCHEMA))
        place = Cursor(source, tables, "shelf", make)
        place.begin()
        yield place, Shelf(tables)


def read(place: Cursor, shelf: Shelf) -> None:
    while place.next_page(shelf) is not None:
        pass


def rows(kinds: Sequence[tuple[int, bool]]) -> list[Row]:
    """A row for each: of which demand, and whether it can be read."""
    made: list[Row] = []
    versions: dict[UUID, int] = {}
    for at, (number, can_be_read) in enumerate(kinds, start=1):
        demand = UUID(int=number)
        versions[demand] = version = versions.get(demand, 0) + 1
        event = EVENTS[0]
        good = Event(demand, version, event.fact, event.meta, event.stamp)
        made.append((at * 2, good if can_be_read else Unreadable(demand, version, "a.topic", "damaged")))
    return made


KINDS = st.lists(st.tuples(st.integers(1, 3), st.integers(0, 3).map(bool)), max_size=12)
POSITIONS = st.sets(st.integers(1, 12).map(lambda number: 2 * number), max_size=3)


@given(KINDS, POSITIONS, POSITIONS, st.integers(1, 4))
@settings(max_examples=examples(150))
def test_what_is_taken_in_is_all_that_no_damage_comes_before(
    kinds: list[tuple[int, bool]], refused: set[int], unwritable: set[int], page: int
) -> None:
    source = Source(rows(kinds))
    wanted, held = [], set()
    for at, row in source.rows:
        bad = isinstance(row, Unreadable) or at in refused | unwritable
        held |= {row.demand} if bad else set()
        wanted += [] if row.demand in held else [at]
    with pytest.MonkeyPatch.context() as patch, shelved(source) as (place, shelf):
        patch.setattr(cursor, "PAGE", page)
        shelf.refused, shelf.unwritable = refused, unwritable
        read(place, shelf)
        assert shelf.positions() == wanted
        assert [line.position for line in place.parked(limit=-1)] == [at for at, _ in source.rows if at not in wanted]
        position = place.position()
        assert position is not None
        assert (position.parked, position.taken or "0") == (len(source.rows) - len(wanted), str(len(wanted)))
        place.retry(shelf)
        assert shelf.positions() == wanted, "nothing was mended"
        shelf.refused = shelf.unwritable = set()
        source.rows = rows([(number, True) for number, _ in kinds])
        place.retry(shelf)
        assert shelf.positions() == [at for at, _ in source.rows]
        assert not place.parked()


def test_a_row_that_is_gone_is_parked_no_longer() -> None:
    source = Source(rows([(1, True), (1, False), (1, True)]))
    with shelved(source) as (place, shelf):
        read(place, shelf)
        assert [line.version for line in place.parked()] == [2, 3]
        del source.rows[1]
        place.retry(shelf)
        assert shelf.positions() == [2, 6]


def test_somebody_who_was_faster_is_not_written_over() -> None:
    source = Source(rows([(1, True), (2, True)]))
    with shelved(source) as (place, shelf):
        worked_out = shelf.worked_out

        def overtaken(given: Sequence[Row], stuck: Collection[UUID]) -> Effect:
            effect = worked_out(given, stuck)
            began = place.position()
            assert began is not None
            place.move(began._replace(last=2, demand=UUID(int=1).hex, version=1))
            return effect

        shelf.worked_out = overtaken  # type: ignore[method-assign, assignment]
        place.next_page(shelf)
        assert shelf.positions() == []
        shelf.worked_out = worked_out  # type: ignore[method-assign]
        read(place, shelf)
        assert shelf.positions() == [4]


def test_a_position_counts_only_in_its_log_of_its_make_and_where_its_event_is() -> None:
    source = Source(rows([(1, True), (2, True)]))
    made = ["one"]
    with shelved(source, lambda: made[0]) as (place, shelf):
        read(place, shelf)
        assert place.matches(place.position())
        assert not place.matches(None)
        made[0] = "another"
        assert not place.matches(place.position())
        assert place.next_page(shelf) is None
        made[0] = "one"
        assert place.matches(place.position())
        source.id = "another log"
        assert not place.matches(place.position())
        source.id = "a log"
        source.rows[-1] = (4, Unreadable(UUID(int=9), 1, "a.topic", "another row"))
        assert not place.matches(place.position())
        place.begin(rebuilt_at=4)
        assert place.position() == Position("a log", "one", rebuilt_at=4)


def test_it_reads_no_further_than_it_is_asked_to_but_until_it_is_whole() -> None:
    source = Source(rows([(number % 3 + 1, True) for number in range(6)]))
    with pytest.MonkeyPatch.context() as patch, shelved(source) as (place, shelf):
        patch.setattr(cursor, "PAGE", 1)
        while place.next_page(shelf, upto=4) is not None:
            pass
        assert shelf.positions() == [2, 4]
        shelf.tables.connection.execute("DELETE FROM shelf")
        place.begin(rebuilt_at=8)
        while place.next_page(shelf, upto=4) is not None:
            pass
        assert shelf.positions() == [2, 4, 6, 8]


def test_a_storage_that_fails_parks_nothing() -> None:
    source = Source(rows([(1, True), (2, True)]))
    with shelved(source) as (place, shelf):
        shelf.tables.connection.execute("DROP TABLE shelf")
        with pytest.raises(StorageError, match="no such table: shelf"):
            place.next_page(shelf)
        assert not place.parked()
        position = place.position()
        assert position is not None
        assert position.last == 0


def test_a_reason_can_always_be_kept_and_printed() -> None:
    with shelved(Source()) as (place, _):
        place.park([Parking(3, A, 1, "a\0b\ud800" + "x" * 5000)])
        (line,) = place.parked()
        assert line.reason.startswith("a�b?xx")
        assert len(line.reason) == 1000
        assert line.reason.encode()


def test_an_event_is_listed_once_with_all_that_goes_on_without_it() -> None:
    one, other = Parking(3, A, 1, "why"), Parking(2, B, 1, "why not")
    first, second = grouped([("figures", one), ("figures", other), ("policies", one)])
    assert (first.position, first.left_out_of) == (2, ("figures",))
    assert (second.demand, second.reason, second.left_out_of) == (A, "why", ("figures", "policies"))
