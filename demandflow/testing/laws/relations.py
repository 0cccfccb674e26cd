"""Laws that a model cannot be wrong about together with the engine: how one thing follows from another."""

from __future__ import annotations

import pickle
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import permutations
from typing import Any
from uuid import UUID

from demandflow.application import DemandFlow
from demandflow.calendars.spans import Span, Unit
from demandflow.domain.checks.samples import THEN
from demandflow.domain.clocks.states import PAUSED, RUNNING
from demandflow.domain.corrections import with_corrections
from demandflow.domain.demand import Demand
from demandflow.domain.events import Event
from demandflow.domain.evolve import evolve, fold
from demandflow.domain.facts import OTHER_SIDES, Corrected, Merged, Unmerged
from demandflow.domain.moves import NEW_ROUND, STAY, Proposal
from demandflow.domain.stream import Stream
from demandflow.errors import YearNotCovered
from demandflow.inputs.moments import EARLIEST
from demandflow.projections.standing import slice_of, standing
from demandflow.projections.totals import DIMENSIONS
from demandflow.testing.clock import FrozenClock, calendars_may_end
from demandflow.testing.laws.table_laws import (
    a_rule_answers_the_same_when_it_is_asked_again,
    no_dead_end_made_by_a_rule,
    no_way_past_feedback,
    rework_is_bounded,
)
from demandflow.testing.model.step import Step
from demandflow.testing.people import actors_for
from demandflow.testing.playing.before import as_before
from demandflow.testing.playing.commanding import command
from demandflow.testing.playing.law import Played, law, seldom

CANCELLED = (
    *("state", "stage", "ended_as", "ended", "round", "contractor", "lead", "asked", "evaluated", "resolved", "grade"),
    *("due", "place", "category", "merged_into", "took_in", "audited", "told", "taken_over"),
)


@law
def demandflow_does_what_the_model_says(played: Played) -> None:
    """Each command is accepted or refused, each event recorded, each question answered as the naive model does it."""
    if played.difference is not None:
        raise played.difference


@law
def a_demand_kept_and_told_anew_is_the_same(played: Played) -> None:
    """A demand put aside after any event and gone on with later is the same as one told from the start."""
    for demand, stream in played.streams.items():
        events, kind = played.recorded(demand), type(stream)
        whole = fold(events, of=kind)
        assert whole == played.flow.stream(kind, demand), f"reading and replaying demand {demand.int} differ"
        for cut in {1, len(events) // 2, len(events) - 1}:
            kept = pickle.loads(pickle.dumps(fold(events[:cut], of=kind)))  # noqa: S301
            assert fold(events[cut:], kept, kind) == whole, f"put aside after event {cut}, {demand.int} is another"


@law
def corrections_equal_having_been_right(played: Played) -> None:
    """A corrected demand stands for what it would, had everything been recorded right at once, or stored before."""
    own = tuple(played.world.own_dimensions)
    for demand in played.demands:
        events = played.recorded(demand)
        befores = [[*as_before(events[:upto]), *events[upto:]] for upto in (len(events), len(events) // 2)]
        said = [before for before in befores if before != events]
        if said or any(isinstance(event.fact, Corrected) for event in events):
            live = fold(events)
            assert live is not None
            for told in (*said, *map(with_corrections, (events, *said))):
                right = fold(told)
                assert right is not None
                same = (standing(right), slice_of(right, own)) == (standing(live), slice_of(live, own))
                same = same and right.attributes == live.attributes
                assert same, f"a correction of demand {demand.int} was not applied"


@law
def a_pause_moves_a_deadline_by_exactly_its_length(played: Played) -> None:
    """By its working time, if the clock counts that, else by its elapsed time; what was overdue stays overdue."""
    for demand, stream in played.streams.items():
        before = type(stream)(demand)
        for event in played.recorded(demand):
            after = evolve(before, event)
            if getattr(event.fact, "due", None) is None:
                _check_pauses(played, before, after)
            before = after


@law
def figures_add_up(played: Played) -> None:
    """Received = open + closed + refused + withdrawn + merged; rates lie in 0 to 1; parts add up to the whole."""
    flow = played.flow
    dimensions = (*DIMENSIONS, *played.world.own_dimensions)
    whole, parts = flow.figures(), {name: flow.figures_by(name, level=2) for name in dimensions}
    for figures in (whole, *(one for by in parts.values() for one in by.values())):
        assert figures.adds_up, figures.identity
        for name in figures.rates:
            rate = figures.rate(name)
            assert 0 <= rate.numerator <= rate.n, f"{name}: {rate.numerator}/{rate.n}"
        of_a_clock = [(f"{one} {some}", f"{one} running") for one in figures.clocks for some in ("overdue", "undated")]
        for some, all_of in (("overdue", "open"), ("running_overdue", "running"), *of_a_clock):
            assert (figures.count(some) or 0) <= (figures.count(all_of) or 0), f"{some}: more than {all_of}"
    for name, by in parts.items():
        for counts in ("standings", "happened", "ticking", "dues"):
            added: Counter[Any] = Counter()
            for one in by.values():
                added.update(getattr(one, counts))
            assert _some(added) == _some(getattr(whole, counts)), f"the parts by {name} do not add up"


@seldom
@law
def the_order_of_independent_demands_does_not_matter(played: Played) -> None:
    """Recording each demand's steps together gives the same figures as recording them as they came."""
    log = played.world.log
    grouped = sorted(log, key=lambda event: event.demand)
    if grouped == log or any(isinstance(event.fact, Merged | Unmerged) for event in log):
        return
    with again(played, grouped) as other:
        for name in (*DIMENSIONS, *played.world.own_dimensions):
            here, there = (flow.figures_by(name, level=3) for flow in (played.flow, other))
            for key in {*here, *there}:
                assert _counts(here, key) == _counts(there, key), f"{name} {key!r} has other figures in another order"


@seldom
@law
def merge_and_unmerge_cancel(played: Played) -> None:
    """A demand that is merged and let go again stands where it stood, and so do the figures."""
    step = _some_merge(played) if played.workflow.of is Demand else None
    sides = [move for move in played.workflow.moves if move.fact in OTHER_SIDES]
    if step is None or any(move.to is not STAY for move in sides):
        return
    with again(played, played.world.log) as flow:
        one, other = (flow.demand(demand) for demand in (UUID(int=step.demand), step.fact.into))  # type: ignore[attr-defined]
        before = flow.figures().standings
        command(flow, step, None)
        undo = _undoing(played, flow.demand(one.id), flow.demand(other.id))
        if undo is None:
            return
        assert one.id in flow.demand(other.id).took_in, "the other does not know that it took it in"
        assert flow.figures().adds_up, "the figures do not add up while it is merged"
        command(flow, undo, None)
        for was, now in ((one, flow.demand(one.id)), (other, flow.demand(other.id))):
            for name in CANCELLED:
                assert getattr(now, name) == getattr(was, name), f"{name} {getattr(was, name)} → {getattr(now, name)}"
        assert _some(flow.figures().standings) == _some(before), "the figures are others than before"


RELATIONS = (
    a_rule_answers_the_same_when_it_is_asked_again,
    demandflow_does_what_the_model_says,
    a_demand_kept_and_told_anew_is_the_same,
    corrections_equal_having_been_right,
    no_way_past_feedback,
    rework_is_bounded,
    no_dead_end_made_by_a_rule,
    a_pause_moves_a_deadline_by_exactly_its_length,
    figures_add_up,
    the_order_of_independent_demands_does_not_matter,
    merge_and_unmerge_cancel,
)


@contextmanager
def again(played: Played, events: Sequence[Event]) -> Iterator[DemandFlow]:
    """A second flow on which the same was done, at the moments at which it was."""
    clock, next_id = FrozenClock(), UUID(int=1)
    how: dict[str, Any] = {"workflows": tuple(played.world.workflows.values()), "zone": played.world.zone.key}
    how["tenant"] = played.world.environment.tenant
    # the clock goes back from one demand to the next
    how |= {"clock": clock, "new_id": lambda: next_id, "clocks_right_until": EARLIEST}
    with calendars_may_end():
        opened = DemandFlow.open("memory:", **how)
    with opened as flow:
        for event in events:
            if isinstance(event.fact, OTHER_SIDES):
                continue  # recorded with the merge or the un-merge
            clock.now, next_id = event.meta.recorded, event.demand
            begins, of = event.version == 1, type(played.streams[event.demand])
            on = event.meta.workflow if begins else None
            step = Step(event.demand.int, event.stamp.move, event.fact, event.meta.actor, on=on)
            with flow.batch(backdating=True) as batch:
                command(batch, step, event.meta.happened, event.demand, of, begins)
        clock.now = played.clock.now
        yield flow


def _check_pauses(played: Played, before: Stream, after: Stream) -> None:
    """Assert that the deadlines of clocks that go on again moved by the pause, measured rather than added."""
    for clock in played.flow.workflows[after.workflow].clocks:
        rested, now = before.clock(clock.name), after.clock(clock.name)
        if rested is None or now is None or (rested.status, now.status, rested.began) != (PAUSED, RUNNING, now.began):
            continue
        if rested.due is None or now.due is None:
            continue
        unit = Unit.WORKING_HOURS if Span.of(now.span).unit.counts_working_time else Unit.HOURS
        try:
            paused = clock.calendar.between(rested.since, now.since, unit)
            moved = clock.calendar.between(rested.due, now.due, unit)
        except YearNotCovered:
            continue
        if rested.since >= rested.due:
            paused = clock.calendar.between(now.since, now.since, unit)
        assert moved == paused, f"clock {clock.name!r} rested for {paused}, and its deadline moved by {moved}"


def _some_merge(played: Played) -> Step | None:
    """A merge that is possible now, by somebody."""
    steps = (
        Step(one.int, move.name, Merged(into=other), by)
        for move in played.workflow.moves
        if move.fact is Merged
        for one, other in permutations(played.demands, 2)
        for role in move.roles
        for by in actors_for(role, Demand(one))[:2]
    )
    return next((step for step in steps if played.world.is_possible(step)), None)


def _undoing(played: Played, merged: Demand, other: Demand) -> Step | None:
    """The un-merge that is possible now, by somebody, and leads back in the same round."""
    for move in played.workflow.moves:
        if move.fact is not Unmerged or not move.leads_back or NEW_ROUND & set(move.meanings):
            continue
        for by in (actor for role in move.roles for actor in actors_for(role, merged)):
            fact, last = Unmerged(reason="not the same"), (merged.last or THEN, other.last or THEN)
            at = max(*last, played.clock.now)
            if played.world.table.expected(merged, Proposal(move.name, fact, by, at, other)) is move:
                return Step(merged.id.int, move.name, fact, by)
    return None


def _counts(by: Any, key: Any) -> dict[str, Any]:
    counts = ("standings", "happened", "ticking", "dues")
    return {name: _some(getattr(by[key], name)) if key in by else {} for name in counts}


def _some(numbers: Any) -> dict[Any, int]:
    return {key: number for key, number in numbers.items() if number}
