"""Laws: what holds for every demand of every workflow, and for the figures, after every step."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from demandflow.application import DemandFlow
from demandflow.domain.demand import Demand, fold
from demandflow.domain.events import Event, with_corrections
from demandflow.domain.facts import Corrected
from demandflow.projections import totals
from demandflow.projections.definitions import RATES
from demandflow.projections.projector import TABLES, Projector
from demandflow.projections.standing import MEANING_OF, slice_of, standing
from demandflow.projections.totals import DIMENSIONS


class Detached:
    """A log whose tables are kept in memory, apart from those of the log itself."""

    path: str | None = None

    def __init__(self, flow: DemandFlow) -> None:
        self._log = flow._log
        self.id = flow._log.id

    def events(self, demand: UUID, *, after: int = 0, upto: int | None = None) -> list[Event]:
        """The demand's events."""
        return self._log.events(demand, after=after, upto=upto)

    def page(self, after: int, limit: int) -> list[tuple[int, Event]]:
        """The next events of all demands."""
        return self._log.page(after, limit)

    def last_position(self) -> int:
        """The position of the newest event."""
        return self._log.last_position()


def replay_equals_live(flow: DemandFlow, live: Demand) -> None:
    """Folding what was recorded gives the demand that the command returned."""
    events = flow._log.events(live.id)
    assert fold(events) == live, "replaying gives another demand than the command did"
    assert [event.version for event in events] == list(range(1, live.version + 1)), "versions have gaps"


def corrections_equal_having_been_right(flow: DemandFlow, live: Demand) -> None:
    """A corrected demand stands for what it would, had the events been recorded right at once."""
    events = flow._log.events(live.id)
    if any(isinstance(event.fact, Corrected) for event in events):
        right = fold(with_corrections(events))
        assert right is not None
        assert (standing(right), slice_of(right)) == (standing(live), slice_of(live)), "a correction was not applied"


def no_way_past_feedback(flow: DemandFlow, live: Demand) -> None:
    """A demand closes only after the resident was told in that round, if the workflow tells at all."""
    if "told" not in live.declares:
        return
    told_in = 0
    was_closed = False
    for event in flow._log.events(live.id):
        if "told" in (event.stamp.means or ()):
            told_in = event.stamp.round
        closed = event.stamp.ended_as == "closed"
        assert not closed or was_closed or told_in == event.stamp.round, "closed before the resident was told"
        was_closed = closed


def no_contracting_without_audit(flow: DemandFlow, live: Demand) -> None:
    """Nobody reaches contracting without an audit, if the workflow audits at all."""
    if "accepted" not in live.declares:
        return
    audited = False
    for event in flow._log.events(live.id):
        means = event.stamp.means or ()
        audited |= "accepted" in means
        assert audited or "contracted_out" not in means, "contracted out without an audit"


def figures_add_up(flow: DemandFlow) -> None:
    """The identity, 0 ≤ numerator ≤ denominator, and the parts of every slice add up to the whole."""
    whole = flow.figures()
    slices = {name: flow.figures_by(name, level=2 if name in ("place", "category") else 1) for name in DIMENSIONS}
    for figures in (whole, *(one for parts in slices.values() for one in parts.values())):
        assert figures.adds_up, figures.identity
        for name in RATES:
            rate = figures.rate(name)
            assert 0 <= rate.numerator <= rate.n, f"{name}: {rate.numerator}/{rate.n}"
    for name, parts in slices.items():
        for what in ("standings", "happened"):
            added: dict[Any, int] = {}
            for one in parts.values():
                for key, number in getattr(one, what).items():
                    added[key] = added.get(key, 0) + number
            assert _nonzero(added) == _nonzero(getattr(whole, what)), f"the parts by {name} do not add up"


def figures_equal_a_rebuild(flow: DemandFlow, rebuilt: Projector) -> None:
    """Board, totals and ledger kept along the way equal those made anew (the ledger by its sums)."""
    rebuilt.rebuild()
    live, anew = _dump(flow._projector), _dump(rebuilt)
    for table in live:
        assert live[table] == anew[table], f"{table} differs from a rebuild"


def ledger_equals_totals(flow: DemandFlow) -> None:
    """The ledger's sums over all days are the totals."""
    with flow._projector.tables() as tables:
        summed = tables.execute("SELECT what, SUM(amount) FROM demandflow_ledger GROUP BY 1")
        booked = {("", what) if what >= 0 else (MEANING_OF[what], 0): amount for what, amount in summed if amount}
        assert booked == dict(totals.read_all(tables)), "the ledger's sums differ from the totals"


DEMAND_LAWS = (
    replay_equals_live,
    corrections_equal_having_been_right,
    no_way_past_feedback,
    no_contracting_without_audit,
)


def _dump(projector: Projector) -> dict[str, list[tuple[Any, ...]]]:
    with projector.tables() as tables:
        dumped = {table: tables.execute(f"SELECT * FROM {table}").fetchall() for table in TABLES}  # noqa: S608
        named = "SELECT l.*, s.* FROM demandflow_ledger l JOIN demandflow_slices s ON s.id = l.slice"
        # slices are numbered as they come, so lines are compared by their names
        dumped["demandflow_ledger"] = [(*row[:9], *row[11:]) for row in tables.execute(named)]
        dumped.pop("demandflow_slices")
        position = "SELECT last, demand, version FROM demandflow_position WHERE last > 0"
        dumped["demandflow_position"] = tables.execute(position).fetchall()
    dumped["demandflow_totals"] = [row for row in dumped["demandflow_totals"] if row[-1]]
    return {table: sorted(rows, key=repr) for table, rows in dumped.items()}


def _nonzero(numbers: dict[Any, int]) -> dict[Any, int]:
    return {key: number for key, number in numbers.items() if number}
