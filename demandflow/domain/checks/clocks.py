"""What is wrong with declared clocks, and what could be better."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from demandflow.calendars.calendar import Calendar
from demandflow.domain.checks.paths import Step, closure, steps_of
from demandflow.domain.checks.spelling import did_you_mean
from demandflow.domain.clocks.changes import may_name_a_due
from demandflow.domain.clocks.clock import Clock, Limit
from demandflow.domain.moves import MEANINGS, NEW_ROUND, Move, State
from demandflow.domain.values import Category, Urgency
from demandflow.errors import Defect, brief, listed
from demandflow.inputs.texts import is_name

Wrong = tuple[str, str, tuple[str, ...]]
"""What is wrong with a clock, the remedy, and the states concerned."""


def wrong_clocks(clocks: Sequence[Any], states: Sequence[State]) -> Iterator[Defect]:
    """Clocks that cannot run as they are declared."""
    for clock in clocks:
        if not _has_a_name(clock):
            yield Defect("clock", f"{brief(clock)} is no Clock with a printable name", "give a Clock with a name")
            continue
        for says, remedy, where in (*_wrong_parts(clock), *_wrong_states(clock, states), *_wrong_limits(clock)):
            yield Defect("clock", f"clock {clock.name!r}: {says}", remedy, where)
    for name, times in Counter(clock.name for clock in clocks if _has_a_name(clock)).items():
        if times > 1:
            yield Defect("clock", f"clock {name!r} is declared {times} times", "declare it once")


def _has_a_name(clock: Any) -> bool:
    return isinstance(clock, Clock) and isinstance(clock.name, str) and is_name(clock.name)


def _wrong_parts(clock: Any) -> Iterator[Wrong]:
    if not isinstance(clock.calendar, Calendar):
        yield f"its calendar is {brief(clock.calendar)}", "give a Calendar", ()
    elif not clock.calendar.covered and any(limit.span.unit.counts_working_time for limit in clock.limits):
        says = (
            f"its calendar {clock.calendar.name!r} says nothing about any year, so that it never knows when it is due"
        )
        yield says, "say which years its days are of: Days(years=…)", ()
    if not isinstance(clock.extensible, bool):
        yield f"extensible is True or False, got {brief(clock.extensible)}", "say which", ()
    for meaning in clock.restarts:
        if meaning not in MEANINGS:
            remedy = f"say some of {listed(MEANINGS)}{did_you_mean(meaning, MEANINGS)}"
            yield f"it restarts with {meaning!r}", remedy, ()
    for what in ("runs_in", "paused_in", "restarts"):
        for word, times in Counter(getattr(clock, what)).items():
            if times > 1:
                yield f"{what} names {word!r} {times} times", "name it once", () if what == "restarts" else (word,)


def _wrong_states(clock: Clock, states: Sequence[State]) -> Iterator[Wrong]:
    open_names = [state.name for state in states if state.ended_as is None]
    names = [state.name for state in states]
    if not clock.runs_in:
        yield "it runs in no state", "name the states in which it runs", ()
    for what in ("runs_in", "paused_in"):
        for name in dict.fromkeys(getattr(clock, what)):
            if name not in names:
                remedy = f"name some that are (possible: {listed(open_names)}){did_you_mean(name, open_names)}"
                yield f"{what} names a state {name!r} that is not declared", remedy, (name,)
            elif name not in open_names:
                yield f"{what} names {name!r}, where a demand has ended", "name states that wait for something", (name,)
    if both := sorted(set(clock.runs_in) & set(clock.paused_in)):
        yield f"it runs and is paused in {listed(both)}", "name each state in one of both", tuple(both)


def _wrong_limits(clock: Clock) -> Iterator[Wrong]:
    if not clock.limits:
        yield "it has no limit", "say how long: limits=(Limit('3 working days'),)", ()
    for number, limit in enumerate(clock.limits):
        for earlier in clock.limits[:number]:
            if _fits_all_of(earlier, limit):
                says = f"the limit {limit} is never tried: {earlier}, which comes first, fits all that it fits"
                yield says, f"write it before {earlier}, or take it out", ()
                break


def _fits_all_of(earlier: Limit, later: Limit) -> bool:
    """Whether the earlier limit fits every demand that the later one fits."""
    category = None if later.category is None else Category(later.category)
    return earlier.fits(category, later.urgency)


def advice_for_clocks(states: Sequence[State], moves: Sequence[Move], clocks: Sequence[Clock]) -> Iterator[Defect]:
    """What could be better in clocks without defects; a workflow may do without clocks on purpose."""
    if not clocks:
        return
    watched = {name for clock in clocks for name in (*clock.runs_in, *clock.paused_in)}
    for state in states:
        if state.ended_as is None and state.name not in watched:
            says = f"nothing says how long a demand may be {state.name!r}"
            yield Defect("no-clock", says, "name the state in a clock that runs or is paused in it", (state.name,))
        moved = [clock.name for clock in clocks if clock.extensible and state.name in clock.runs_in]
        if len(moved) > 1:
            says = f"in state {state.name!r} a due moment that a fact names is that of {len(moved)} clocks at once: "
            yield Defect("same-due", says + listed(moved), "let one of them be extensible there", (state.name,))
    for clock in clocks:
        for urgency in dict.fromkeys(limit.urgency for limit in clock.limits if limit.urgency is not None):
            if urgency not in Urgency.USUAL and (perhaps := did_you_mean(urgency, Urgency.USUAL)):
                says = f"clock {clock.name!r} has a limit for the urgency {urgency!r}"
                yield Defect("alike", says, f"keep it, if that is what people say{perhaps}")
    steps = steps_of(states, moves)
    for clock in clocks:
        for says, remedy, where in (*_idle_pauses(clock, steps, moves), *_idle_promises(clock, steps, moves)):
            yield Defect("idle-clock", f"clock {clock.name!r}: {says}", remedy, where)


def _idle_pauses(clock: Clock, steps: Sequence[Step], moves: Sequence[Move]) -> Iterator[Wrong]:
    """States in which the clock would rest, but that it never enters running, or never leaves to run on."""
    starts_again = NEW_ROUND | set(clock.restarts)
    kept = [step for step in steps if not starts_again.intersection(moves[step.move].meanings)]
    rests = [step for step in kept if step.after.state in clock.paused_in]
    resting = [(step.before, step.after) for step in rests if step.before.state in clock.paused_in]
    paused = closure({step.after for step in rests if step.before.state in clock.runs_in}, resting)
    resumes = {step.before for step in kept if step.after.state in clock.runs_in}
    resumed = closure(resumes & paused, [(after, before) for before, after in resting])
    for name in clock.paused_in:
        here = {spot for spot in paused if spot.state == name}
        if not here:
            says = f"it is paused in {name!r}, but no demand comes there from where it runs"
            yield says, "take the state out of paused_in, or let it run where demands come from", (name,)
        elif not here & resumed:
            says = f"it is paused in {name!r}, but no demand goes from there to where it runs on"
            yield says, "take the state out of paused_in: there the clock ends", (name,)


def _idle_promises(clock: Clock, steps: Sequence[Step], moves: Sequence[Move]) -> Iterator[Wrong]:
    """Restarts and due moments that no move brings about."""
    into = [moves[number] for number in {step.move for step in steps if step.after.state in clock.runs_in}]
    possible = [meaning for meaning in MEANINGS if any(meaning in move.meanings for move in into)]
    for meaning in clock.restarts:
        if meaning not in possible:
            says = f"it restarts with {meaning!r}, which no move means that leads to where it runs"
            instead = f", or say another (possible: {listed(possible)})" if possible else ""
            yield says, f"take it out of restarts{instead}", ()
    if clock.extensible and not any(may_name_a_due(move.fact) for move in into):
        says = "it is extensible, but no move that leads to where it runs records a fact that names a due moment"
        yield says, "take extensible away, or add such a move, with Extended", ()
