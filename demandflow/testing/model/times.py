"""Times: how long demands took, and how long they waited in each state."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

from demandflow.testing.model.query import Query
from demandflow.testing.model.shared import moments_of
from demandflow.testing.model.world import World

US = timedelta(microseconds=1)
PERCENTILES = (0, 12.5, 33, 50, 66.6, 90, 100)
Span = tuple[datetime, datetime | None]


def durations(
    world: World, *, ended_as: str | None = "closed", open_until: datetime | None = None, **asked: Any
) -> dict[str, Any]:
    """From receipt to the end, of the demands that ended so, or that are open."""
    query = Query.of(world, **asked)
    ends = (None, ended_as) if ended_as is not None else (None, "closed", "refused", "withdrawn", "merged")
    pairs = [(seen["ended_as"], (seen["received"], seen["ended"])) for seen in query.standing()]
    spans = [one for how, one in pairs if how in ends or (open_until is not None and one[1] > open_until)]
    took = _took("whole time", spans, open_until)
    note = query.note(not took["values"])
    return {**took, "note": note, "printed": took["printed"] + (note and f"; {note}")}


def waiting(world: World, *, open_until: datetime | None = None, **asked: Any) -> dict[str, Any]:
    """From entering a state to leaving it, of every stay in a state that is no end."""
    query = Query.of(world, **asked)
    stays: dict[str, list[Span]] = {}
    for seen in query.standing():
        events = world.events[seen["id"]]
        moments = moments_of(events)
        entered = [n for n, event in enumerate(events) if n == 0 or event.stamp.state != events[n - 1].stamp.state]
        for n, left in zip(entered, [*entered[1:], None], strict=True):
            if events[n].stamp.ended_as is None:
                span = moments[n], None if left is None else moments[left]
                stays.setdefault(events[n].stamp.state, []).append(span)
    return {state: {**_took(f"waiting in {state}", spans, open_until), "note": ""} for state, spans in stays.items()}


def _took(name: str, spans: Iterable[Span], until: datetime | None) -> dict[str, Any]:
    """All that can be asked of how long these spans were; what had not begun by then is not looked at."""
    until = None if until is None else until.astimezone(UTC)
    begun = [(since, end) for since, end in spans if until is None or since <= until]
    ended = [(since, end) for since, end in begun if end is not None and (until is None or end <= until)]
    unended = len(begun) - len(ended)
    going_on = [] if until is None else [(since, until) for since, end in begun if (since, end) not in ended]
    values = sorted(end - since for since, end in [*ended, *going_on])
    exact = {percent: _percentile(values, percent) for percent in PERCENTILES}
    mean = None if not values else round(Fraction(sum(value // US for value in values), len(values))) * US
    rounded = {percent: None if it is None else round(it * 10**6) * US for percent, it in exact.items()}
    left = "left out" if until is None else f"counted up to {until:%Y-%m-%d %H:%M UTC}"
    names = {"median": rounded[50], "90 % within": rounded[90], "the longest": values[-1] if values else None}
    times = ", ".join(f"{what} {_two_units(time)}" for what, time in names.items() if time is not None) or "n/a"
    return {
        **{"name": name, "values": tuple(values), "n": len(values), "unended": unended, "until": until},
        **{"seconds": exact, "percentiles": rounded, "median": rounded[50], "p90": rounded[90]},
        "mean": mean,
        "printed": f"{name}: {times} (n = {len(values)}; {unended} not ended, {left})",
    }


def _percentile(values: list[timedelta], percent: float) -> Fraction | None:
    """In seconds, on the straight line between the two values whose ranks are next to it."""
    if not values:
        return None
    seconds = [Fraction(value // US, 10**6) for value in values]
    at = Fraction(percent) * (len(values) - 1) / 100
    for rank, (low, high) in enumerate(zip(seconds, [*seconds[1:], seconds[-1]], strict=True)):
        if rank <= at < rank + 1:
            return low + (high - low) * (at - rank)
    return None


def _two_units(time: timedelta) -> str:
    """The two largest units of it, without those that are 0."""
    hours, minutes, seconds = time.seconds // 3600, time.seconds // 60 % 60, time.seconds % 60
    parts = ((time.days, "d"), (hours, "h"), (minutes, "min"), (seconds, "s"))
    first = next((n for n, (number, _) in enumerate(parts) if number), len(parts))
    words = [f"{number} {unit}" for number, unit in parts[first : first + 2] if number]
    return " ".join(words) or ("under 1 s" if time else "0 s")


def durations_shown(answer: Any) -> dict[str, Any]:
    """All that durations say."""
    return {
        **{"name": answer.name, "values": answer.values, "n": answer.n, "unended": answer.unended},
        **{"until": answer.until, "mean": answer.mean, "median": answer.median, "p90": answer.p90},
        "seconds": {percent: answer.seconds(percent) for percent in PERCENTILES},
        "percentiles": {percent: answer.percentile(percent) for percent in PERCENTILES},
        "printed": str(answer),
        "note": answer.note,
    }


def waiting_shown(answer: Any) -> dict[str, Any]:
    """All that is said of each state."""
    return {state: durations_shown(it) for state, it in answer.items()}


QUESTIONS = {"durations": (durations, durations_shown), "waiting": (waiting, waiting_shown)}
