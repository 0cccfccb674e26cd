"""The laws of the figures: they add up, can be made anew, survive any interruption, and are those of the demands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

from demandflow.application import DemandFlow
from demandflow.domain.checks.samples import THEN
from demandflow.domain.clocks.states import PAUSED, RUNNING
from demandflow.domain.demand import Demand
from demandflow.domain.events import Event
from demandflow.domain.facts import OTHER_SIDES, Merged, Unmerged
from demandflow.domain.moves import NEW_ROUND, STAY, Proposal
from demandflow.errors import StorageError
from demandflow.inputs.moments import EARLIEST
from demandflow.projections import ledger, totals
from demandflow.projections.board.rows import BoardRow
from demandflow.projections.projector import READER, Projector
from demandflow.projections.tables import TABLES
from demandflow.projections.totals import DIMENSIONS, PATHS
from demandflow.store.mapper import Unreadable
from demandflow.testing.clock import FrozenClock, calendars_may_end
from demandflow.testing.histories import Step
from demandflow.testing.law import law
from demandflow.testing.people import actors_for
from demandflow.testing.picture import next_due, picture
from demandflow.testing.playing import Done, Played, command

PAGE, PAGE_OF_A_FILE = 3, 10
WHAT, DUE = 7, 10
"""Where a line of the ledger says what is counted, and when it is due."""
Tables = dict[str, list[tuple[Any, ...]]]


class Detached:
    """A log whose tables are kept apart from those of the log itself: in memory, or at a path."""

    def __init__(self, flow: DemandFlow, path: str | None = None) -> None:
        self._log = flow._log
        self.id, self.path, self.zone = flow._log.id, path, flow._log.zone
        self.meanwhile: Callable[[], None] = lambda: None
        self.looks_empty = False

    def events(self, demand: UUID, *, after: int = 0, upto: int | None = None) -> list[Event]:
        """The demand's events."""
        return self._log.events(demand, after=after, upto=upto)

    def page(self, after: int, limit: int) -> list[tuple[int, Event | Unreadable]]:
        """The next events of all demands; what is to happen meanwhile happens once they are read."""
        # small pages: what goes wrong between two of them shows in a short history
        found = self._log.page(after, min(limit, PAGE if self.path is None else PAGE_OF_A_FILE))
        self.meanwhile()
        return found

    def next_demands(self, after: str, limit: int, upto: int) -> tuple[list[tuple[int, Event | Unreadable]], str]:
        """The events of the next demands; what is to happen meanwhile happens once they are read."""
        found = self._log.next_demands(after, min(limit, PAGE if self.path is None else PAGE_OF_A_FILE), upto)
        self.meanwhile()
        return found

    def of_no_demand(self, upto: int) -> list[tuple[int, Unreadable]]:
        """What is of no demand."""
        return self._log.of_no_demand(upto)

    def histories(self, upto: Mapping[UUID, tuple[int, int]]) -> dict[UUID, list[Event]]:
        """The first events of several demands."""
        return self._log.histories(upto)

    def comes_later(self, demand: UUID, version: int, position: int) -> bool:
        """Whether an earlier event of the demand has a later position."""
        return self._log.comes_later(demand, version, position)

    def last_position(self) -> int:
        """The position of the newest event; 0 while it looks empty."""
        return 0 if self.looks_empty else self._log.last_position()

    def number_missing(self) -> int:
        """How many events went, by decision."""
        return self._log.number_missing()


@contextmanager
def apart(flow: DemandFlow, path: str | None = None, *, by_time: bool = False) -> Iterator[tuple[Projector, Detached]]:
    """A projector of the same log with tables of its own: made demand by demand, or `by_time`, as the log came."""
    source = Detached(flow, path)
    source.looks_empty = by_time
    projector = Projector(source, flow._projector.zone.key)
    source.looks_empty = False
    try:
        yield projector, source
    finally:
        projector.close()


@law
def figures_equal_a_rebuild(played: Played) -> None:
    """Board, totals and ledger kept along the way equal those made anew from the log."""
    played.flow.figures()
    with apart(played.flow) as (anew, _):
        anew.catch_up()
        same_tables(dump(played.flow._projector), dump(anew), "a rebuild")


@law
def the_identity(played: Played) -> None:
    """Received = open + closed + refused + withdrawn + merged; rates lie in 0 to 1; parts add up to the whole."""
    figures_add_up(played.flow)
    ledger_equals_totals(played.flow)


@law
def the_board_shows_where_demands_stand(played: Played) -> None:
    """One row for every demand, saying of it what the demand says of itself."""
    rows = {row.demand: row for row in played.flow.board(limit=1000).rows}
    assert set(rows) == set(played.telling.demands), "the board has other demands than the log"
    for demand, row in rows.items():
        seen = picture(played.recorded(demand))
        seen["due"], seen["clock"] = next_due(seen)
        on = (clock for clock in seen["clocks"] if clock.status in (RUNNING, PAUSED))
        seen["undated"] = tuple(clock.clock for clock in on if clock.due is None)
        for name in SHOWN:
            want, got = seen[name], getattr(row, name)
            assert got == want, f"the board says {name} {got!r} of demand {demand.int}, it is {want!r}"


@law
def a_projection_fed_the_same_page_twice_is_unchanged(played: Played) -> None:
    """Two projectors that read the same page book it once, whichever comes first."""
    played.flow.figures()
    for by_time in (True, False):
        _book_once(played, by_time=by_time)


def _book_once(played: Played, *, by_time: bool) -> None:
    with TemporaryDirectory() as folder:
        path = str(Path(folder) / "tables.db")
        with apart(played.flow, path, by_time=by_time) as (one, source), apart(played.flow, path) as (other, _):
            source.meanwhile = other.catch_up
            one.catch_up()
            source.meanwhile = lambda: None
            one.catch_up()
            other.catch_up()
            same_tables(dump(played.flow._projector), dump(one), "tables that two projectors wrote")


@law
def a_page_that_fails_is_read_again(played: Played) -> None:
    """However early or late the writing of a page is broken off, nothing of it is lost and nothing booked twice."""
    played.flow.figures()
    for by_time in (True, False):
        _read_again(played, by_time=by_time)


def _read_again(played: Played, *, by_time: bool) -> None:
    with apart(played.flow, by_time=by_time) as (broken, _):
        after, whole = 40, False
        while not whole:
            broken._connection.set_progress_handler(lambda: 1, after)
            try:
                broken.catch_up()
                whole = True
            except StorageError:
                after = after * 3 // 2
            finally:
                broken._connection.set_progress_handler(None, 0)
        broken.catch_up()
        same_tables(dump(played.flow._projector), dump(broken), "tables whose writing was broken off")


@law
def the_order_of_independent_demands_does_not_matter(played: Played) -> None:
    """Recording each demand's steps together gives the same figures as recording them as they came."""
    accepted = [done for done in played.done if done.expected.error is None and done.accepted]
    if any(isinstance(done.step.fact, Merged | Unmerged) for done in accepted):
        return
    grouped = sorted(accepted, key=lambda done: done.step.demand)
    if grouped == accepted:
        return
    played.flow.figures()
    with again(played, grouped) as other:
        other.figures()
        here, there = dump(played.flow._projector), dump(other._projector)
        here.pop("demandflow_cursors"), there.pop("demandflow_cursors")
        same_tables(here, there, "the same steps in another order")


@law
def merge_and_unmerge_cancel(played: Played) -> None:
    """A demand that is merged and let go again stands where it stood, and so do the figures."""
    step = _some_merge(played)
    sides = [move for move in played.workflow.moves if move.fact in OTHER_SIDES]
    if step is None or any(move.to is not STAY for move in sides):
        return
    accepted = [done for done in played.done if done.expected.error is None and done.accepted]
    with again(played, accepted) as flow:
        one, other = (flow.demand(demand) for demand in (UUID(int=step.demand), step.fact.into))  # type: ignore[attr-defined]
        before = flow.figures().standings
        merged = command(flow, step, None)
        undo = _undoing(played, merged, flow.demand(other.id))
        if undo is None:
            return
        assert merged.merged_into == other.id, "a merged demand does not know where it went on"
        assert one.id in flow.demand(other.id).took_in, "the other does not know that it took it in"
        assert flow.figures().adds_up, "the figures do not add up while it is merged"
        command(flow, undo, None)
        for was, now in ((one, flow.demand(one.id)), (other, flow.demand(other.id))):
            for name in CANCELLED:
                assert getattr(now, name) == getattr(was, name), f"{name} {getattr(was, name)} → {getattr(now, name)}"
        after = flow.figures().standings
        assert _nonzero(before) == _nonzero(after), "the figures differ after merging and un-merging"


FIGURE_LAWS = (
    figures_equal_a_rebuild,
    the_identity,
    the_board_shows_where_demands_stand,
    a_projection_fed_the_same_page_twice_is_unchanged,
    a_page_that_fails_is_read_again,
    the_order_of_independent_demands_does_not_matter,
    merge_and_unmerge_cancel,
)
SHOWN = tuple(field.name for field in fields(BoardRow) if field.name != "demand")
CANCELLED = (
    *("state", "stage", "ended_as", "ended", "round", "contractor", "lead", "asked", "evaluated", "resolved", "grade"),
    *("due", "place", "category", "merged_into", "took_in", "audited", "told", "taken_over"),
)


def figures_add_up(flow: DemandFlow) -> None:
    """Assert the identity, 0 ≤ numerator ≤ denominator, and that the parts of every slice add up to the whole."""
    whole = flow.figures()
    levels = [(name, level) for name in DIMENSIONS for level in ((1, 2) if name in PATHS else (1,))]
    slices = {(name, level): flow.figures_by(name, level=level) for name, level in levels}
    for figures in (whole, *(one for parts in slices.values() for one in parts.values())):
        assert figures.adds_up, figures.identity
        for name in figures.rates:
            rate = figures.rate(name)
            assert 0 <= rate.numerator <= rate.n, f"{name}: {rate.numerator}/{rate.n}"
        of_a_clock = [(f"{one} {some}", f"{one} running") for one in figures.clocks for some in ("overdue", "undated")]
        for some, all_of in (("overdue", "open"), ("running_overdue", "running"), *of_a_clock):
            assert (figures.count(some) or 0) <= (figures.count(all_of) or 0), f"{some}: more than {all_of}"
    for (name, _), parts in slices.items():
        for what in ("standings", "happened", "ticking", "dues"):
            added: Counter[Any] = Counter()
            for one in parts.values():
                added.update(getattr(one, what))
            assert _nonzero(added) == _nonzero(getattr(whole, what)), f"the parts by {name} do not add up"


def ledger_equals_totals(flow: DemandFlow) -> None:
    """Assert that the ledger's sums over all days are the totals."""
    with flow._projector.tables() as tables:
        clocks, booked = ledger.clocks_by_id(tables), Counter[tuple[str, int]]()
        for what, amount in tables.execute("SELECT what, SUM(amount) FROM demandflow_ledger GROUP BY 1"):
            booked.update(dict.fromkeys(ledger.cells(what, clocks), amount))
        assert _nonzero(booked) == dict(totals.read_all(tables)), "the ledger's sums differ from the totals"
        for table, columns in ledger.SUMMED.items():
            names = ", ".join(columns)
            by = f"SELECT {names}, SUM(amount) FROM {{}} GROUP BY {names} HAVING SUM(amount) <> 0 ORDER BY {names}"  # noqa: S608
            here, there = (tables.execute(by.format(one)).fetchall() for one in (table, "demandflow_ledger"))
            assert here == there, f"{table} differs from the ledger's sums"


def same_tables(here: Tables, there: Tables, what: str) -> None:
    """Assert that these tables are the same."""
    for table in here:
        assert here[table] == there[table], f"{table} differs from {what}"


def dump(projector: Projector) -> Tables:
    """All that the tables hold, the ledger's lines with the names of their slices."""
    with projector.tables(catch_up=False) as tables:
        dumped = {table: tables.execute(f"SELECT * FROM {table}").fetchall() for table in TABLES}  # noqa: S608
        named = "SELECT l.*, s.* FROM demandflow_ledger l JOIN demandflow_slices s ON s.id = l.slice"
        # slices, clocks and dues are numbered as they come, so lines are compared by their names
        clocks, dues = ledger.clocks_by_id(tables), dict(tables.execute("SELECT * FROM demandflow_dues"))
        dumped["demandflow_ledger"] = [
            (
                *row[:WHAT],
                *ledger.cells(row[WHAT], clocks),
                row[WHAT + 1],
                row[DUE],
                dues.get(row[DUE + 1]),
                *row[DUE + 3 :],
            )
            for row in tables.execute(named)
        ]
        slices = {number: where for number, *where in tables.execute("SELECT * FROM demandflow_slices")}
        dumped["demandflow_sums"] = [
            (*slices[where], *ledger.cells(what, clocks), amount)
            for where, what, amount in dumped["demandflow_sums"]
            if amount
        ]
        dumped["demandflow_days"] = [
            (*days, *ledger.cells(what, clocks), due, dues.get(number), amount)
            for *days, what, due, number, amount in dumped["demandflow_days"]
            if amount
        ]
        for numbered in ("demandflow_slices", "demandflow_clocks", "demandflow_dues"):
            dumped.pop(numbered)
        position = "SELECT last, demand, version, parked FROM demandflow_cursors WHERE reader = ? AND last > 0"
        dumped["demandflow_cursors"] = tables.execute(position, (READER,)).fetchall()
    dumped["demandflow_totals"] = [row for row in dumped["demandflow_totals"] if row[-1]]
    return {table: sorted(rows, key=repr) for table, rows in dumped.items()}


@contextmanager
def again(played: Played, done: Sequence[Done]) -> Iterator[DemandFlow]:
    """A second flow on which these steps are recorded, at the moments at which they were."""
    clock = FrozenClock()
    next_id = UUID(int=1)
    workflows = tuple(played.flow.workflows.values())
    zone = played.flow._projector.zone.key
    with calendars_may_end():
        opened = DemandFlow.open(
            "memory:",
            workflows=workflows,
            clock=clock,
            new_id=lambda: next_id,
            zone=zone,
            clocks_right_until=EARLIEST,  # the clock goes back from one demand to the next
        )
    with opened as flow:
        for one in done:
            meta = one.expected.events[0].meta
            clock.now, next_id = meta.recorded, UUID(int=one.step.demand)
            command(flow, one.step, meta.happened)
        clock.now = played.clock.now
        yield flow


def _some_merge(played: Played) -> Step | None:
    """A merge that is possible now, by somebody."""
    for move in played.workflow.moves:
        if move.fact is not Merged:
            continue
        for one in played.demands:
            for other in played.demands:
                for by in (actor for role in move.roles for actor in actors_for(role, Demand(one))[:2]):
                    step = Step(one.int, move.name, Merged(into=other), by)
                    if one != other and played.telling.expected(step).error is None:
                        return step
    return None


def _undoing(played: Played, merged: Demand, other: Demand) -> Step | None:
    """The un-merge that is possible now, by somebody, and leads back in the same round."""
    for move in played.workflow.moves:
        if move.fact is not Unmerged or not move.leads_back or NEW_ROUND & set(move.meanings):
            continue
        for by in (actor for role in move.roles for actor in actors_for(role, merged)):
            fact, at = Unmerged(reason="not the same"), max(merged.last or THEN, other.last or THEN, played.clock.now)
            if played.telling.shadow.expected(merged, Proposal(move.name, fact, by, at, other)) is move:
                return Step(merged.id.int, move.name, fact, by)
    return None


def _nonzero(numbers: Any) -> dict[Any, int]:
    return {key: number for key, number in numbers.items() if number}
