"""How the value of each parameter is drawn."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from demandflow.domain.moves import ENDS
from demandflow.domain.values import Stage
from demandflow.testing import people
from demandflow.testing.drawing.values import EVERY, LEVELS, Values


def value(draw: Values, method: str, name: str) -> Any:
    """A value of this parameter of the method. Raises LookupError where nobody knows what to draw."""
    found = DRAWN.get((method, name)) or DRAWN.get(("", name))
    if found is None:
        raise LookupError(f"nobody draws {name} of {method}(): teach demandflow/testing/drawing/drawn.py")
    return found(draw)


def one_of(*values: Any) -> Callable[[Values], Any]:
    """One of these, whatever happened."""
    return lambda draw: draw.dice.choice(values)


DRAWN: Mapping[tuple[str, str], Callable[[Values], Any]] = {
    ("", "place"): lambda draw: draw.path("place", people.PLACES),
    ("", "category"): lambda draw: draw.path("category", people.CATEGORIES),
    ("", "channel"): lambda draw: draw.name(("channel",), people.CHANNELS),
    ("", "contractor"): Values.contractor,
    ("", "lead"): lambda draw: draw.name(("lead", "contractor", "co_handlers"), people.CONTRACTORS),
    ("", "resident"): lambda draw: draw.name(("resident", "resident", "representative"), people.RESIDENTS),
    ("", "urgency"): lambda draw: draw.name(("urgency",), people.URGENCIES),
    ("", "workflow"): Values.workflow,
    ("", "state"): Values.state,
    ("", "stage"): lambda draw: draw.dice.choice([draw.then["stage"]] if draw.fits else [*map(str, Stage)]),
    ("", "ended_as"): lambda draw: draw.then["ended_as"] if draw.fits else draw.dice.choice(ENDS),
    ("durations", "ended_as"): one_of(*ENDS, None, None),
    ("", "clock"): Values.clock,
    **{("", name): partial(Values.whether, name=name) for name in ("escalated", "open", "undated")},
    **{("", name): Values.yes_or_no for name in ("descending", "total")},
    **{("", name): Values.yes_or_no for name in ("catch_up", "skip_unreadable")},
    ("", "overdue"): Values.overdue,
    ("", "due_by"): Values.due,
    ("", "open_until"): Values.moment,
    ("", "at"): Values.coming,
    ("", "received"): partial(Values.period, name="received"),
    ("", "closed"): partial(Values.period, name="ended"),
    ("", "text"): Values.letters,
    ("", "own"): Values.own_dimensions,
    ("board", "own"): Values.own,
    ("", "as_of"): Values.written_day,
    ("", "known_on"): Values.written_day,
    **{(method, name): Values.day_or_moment for method in ("board", "demand") for name in ("as_of", "known_on")},
    **{("changes", name): Values.pair_of_days for name in ("as_of", "known_on")},
    ("", "sort"): Values.sort,
    ("", "limit"): one_of(1, 1, 2, 2, 3, 50, 2**31),
    ("", "role"): Values.role,
    ("", "dimensions"): Values.dimensions,
    ("", "level"): one_of(*LEVELS),
    ("", "every"): one_of(*EVERY),
    ("", "count"): Values.count,
    ("", "demand_id"): Values.demand,
    **{(method, "demand_id"): Values.stream for method in ("events", "history", "possible_moves")},
    ("", "stream_id"): Values.stream,
    **{(method, "kind"): Values.kind for method in ("stream", "streams")},
    ("", "ended"): Values.yes_or_no,
    ("id_of_stream", "kind"): Values.kind_with_a_key,
    ("id_of_stream", "key"): lambda draw: draw.dice.choice((*draw.respelt("não"), "não", "ok", "Ⅳ", *people.TEXTS)),
    ("", "by"): Values.actor,
    ("notices", "after"): Values.position,
    ("events_after", "position"): Values.position,
    ("", "source"): lambda draw: draw.dice.choice((*draw.respelt("métro"), "métro", "12345", "Ⅳ")),
    ("", "reference"): lambda draw: draw.dice.choice((*draw.respelt("é/1"), "é/1", "2025-7", "~x")),
}
"""How each parameter is drawn, and that of one method where it differs."""
