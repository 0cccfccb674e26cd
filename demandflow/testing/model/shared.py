"""What is known of every stream, of whatever kind, read off all that was recorded of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import accumulate, pairwise
from typing import Any

from demandflow.domain.clocks.states import PAUSED, RUNNING, ClockState
from demandflow.domain.events import ClockChange, Event
from demandflow.domain.fact import Fact
from demandflow.domain.facts import STANDARD_FACTS


def shared(events: Sequence[Event], facts: Sequence[Fact]) -> dict[str, Any]:
    """The fields that streams of all kinds have, but for the stamp; with the facts as they should have been."""
    moments, last = moments_of(events), events[-1]
    moved = [n for n, event in enumerate(events) if n == 0 or event.stamp.state != events[n - 1].stamp.state]
    turned = [n for n, event in enumerate(events) if n == 0 or event.stamp.ended_as != events[n - 1].stamp.ended_as]
    return {
        "id": last.demand,
        "version": len(events),
        "workflow": last.meta.workflow,
        "declares": next((e.stamp.declares for e in reversed(events) if e.stamp.declares is not None), ()),
        "came_from": events[moved[-1] - 1].stamp.state if moved[-1] else "",
        "since": moments[moved[-1]],
        "last": moments[-1],
        "recorded": max(event.meta.recorded for event in events),
        "ended": moments[turned[-1]] if last.stamp.ended_as is not None else None,
        "clocks": _clocks(events, moments),
        "facts": tuple(type(event.fact) for event in events),
        "missing": (),  # nothing ever went from what was played
        "commands": tuple((e.meta.command_id, e.version) for e in events if e.meta.command_id is not None),
        "_attributes": {name: value for name, (_, value) in _attributes(facts).items()},
        "_attributes_from": {name: version for name, (version, _) in _attributes(facts).items()},
    }


def moments_of(events: Sequence[Event]) -> list[datetime]:
    """When each took effect: no earlier than the one before."""
    return list(accumulate((event.meta.happened for event in events), max))


def _clocks(events: Sequence[Event], moments: Sequence[datetime]) -> tuple[ClockState, ...]:
    told = [(moments[n], tick) for n, event in enumerate(events) for tick in event.stamp.clocks or ()]
    names = sorted({tick.clock for _, tick in told})
    return tuple(_last_run([(at, tick) for at, tick in told if tick.clock == name]) for name in names)


def _last_run(told: Sequence[tuple[datetime, ClockChange]]) -> ClockState:
    """How a clock stands, by all that was recorded of it: a run begins with its span."""
    begins = max(n for n, (_, tick) in enumerate(told) if tick.span is not None)
    run = told[begins:]
    turns = [n for n in range(len(run)) if n == 0 or run[n][1].status != run[n - 1][1].status]
    (began, first), last = run[0], run[-1][1]
    dated = [n for n, (_, tick) in enumerate(run) if tick.status == RUNNING and tick.due is not None]
    known = run[dated[-1]][1].due if dated else None
    pairs = [(one, other) for one, other in pairwise(turns) if other > (dated[-1] if dated else 0)]
    over = [(run[a], run[b]) for a, b in pairs if (run[a][1].status, run[b][1].status) == (PAUSED, RUNNING)]
    pauses = tuple((a, b) for (a, _), (b, _) in over)
    status = (first.clock, last.status, began, run[turns[-1]][0], str(first.span), last.due)
    return ClockState(*status, bool(first.extensible), known, pauses)


def _attributes(facts: Sequence[Fact]) -> dict[str, tuple[int, Any]]:
    """What own fields said last, each with the version that said it."""
    found: dict[str, tuple[int, Any]] = {}
    for version, fact in enumerate(facts, 1):
        if type(fact) not in STANDARD_FACTS:
            ours: Any = next((base for base in type(fact).__mro__ if base in STANDARD_FACTS), Fact)
            own = [name for name in type(fact).model_fields if name not in ours.model_fields]
            found |= {name: (version, value) for name in own if (value := getattr(fact, name)) is not None}
    return found
