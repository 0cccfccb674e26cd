"""How the clocks of a demand stand, by all that was recorded of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise

from demandflow.domain.clocks.states import PAUSED, RUNNING, ClockState
from demandflow.domain.events import ClockChange, Event


def clocks_of(events: Sequence[Event], moments: Sequence[datetime]) -> tuple[ClockState, ...]:
    """How each of its clocks stands, the clocks by name."""
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
