"""The laws that count by hand: every figure, slice, rate and duration is what the demands themselves add up to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from fractions import Fraction
from typing import Any

from demandflow.domain.clocks.states import PAUSED, RUNNING, ClockState
from demandflow.domain.corrections import with_corrections
from demandflow.domain.demand import as_if
from demandflow.domain.events import Event
from demandflow.domain.facts import Corrected, Noted
from demandflow.projections.figures.definitions import RANGES, RATES, counts_of
from demandflow.projections.standing import COUNTS, HAPPENINGS
from demandflow.projections.totals import DIMENSIONS
from demandflow.testing.law import law
from demandflow.testing.picture import moments_of, picture
from demandflow.testing.playing import Played

Histories = Iterable[Sequence[Event]]
DEEPEST = 3


@law
def figures_are_those_of_the_demands(played: Played) -> None:
    """Every count is what one counts by hand over the demands: now, on any day, as known then, and by window."""
    histories = {demand: played.recorded(demand) for demand in played.demands}
    flow = played.flow
    now = played.clock.now
    _same_counts("now", flow.figures(), histories.values(), now)
    right = {demand: _right(events) for demand, events in histories.items()}
    days = sorted({day for events in histories.values() for day in _days(played, moments_of(events))})
    for day in _some(days):
        then = [events[: sum(at <= day for at in _days(played, moments_of(events)))] for events in right.values()]
        _same_counts(f"as of {day}", flow.figures(as_of=day), then, _until(played, day))
        known = [
            events[: sum(then <= day for then in _days(played, _recorded(events)))] for events in histories.values()
        ]
        _same_counts(f"known on {day}", flow.figures(known_on=day), known, _until(played, day))
        received = [events for events in histories.values() if _days(played, moments_of(events))[0] == day]
        _same_counts(f"received on {day}", flow.figures(received=day), received, now)
        closed = [events for events in histories.values() if _closed_on(played, events) == day]
        _same_counts(f"closed on {day}", flow.figures(closed=day), closed, now)


@law
def figures_of_a_slice_are_those_of_its_demands(played: Played) -> None:
    """A place, a category, a channel, a lead or a workflow has the counts of the demands that stand there."""
    now = [(events, picture(events)) for events in (_right(played.recorded(demand)) for demand in played.demands)]
    for dimension in DIMENSIONS:
        paths = {seen[dimension] or "" for _, seen in now}
        for key in sorted({"/".join(path.split("/")[:n]) for path in paths for n in range(1, path.count("/") + 2)}):
            asked: Any = {dimension: key}
            inside = [events for events, seen in now if _within(seen[dimension] or "", key)]
            _same_standings(f"{dimension} {key!r}", played.flow.figures(**asked), inside, played.clock.now)


@law
def figures_along_a_dimension_are_those_of_the_demands(played: Played) -> None:
    """Cut at any level, alone or crossed with another dimension, each part has the counts of its demands, no more."""
    now = [(events, picture(events)) for events in (_right(played.recorded(demand)) for demand in played.demands)]
    for dimension in DIMENSIONS:
        is_path = dimension in ("place", "category")
        for level in range(1, DEEPEST + 1) if is_path else (1,):
            inside: dict[str, list[Sequence[Event]]] = {}
            crossed: dict[tuple[str, ...], list[Sequence[Event]]] = {}
            for events, seen in now:
                key = "/".join((seen[dimension] or "").split("/")[:level]) if is_path else seen[dimension] or ""
                inside.setdefault(key, []).append(events)
                crossed.setdefault((key, seen["channel"]), []).append(events)
            said = f"by {dimension}, level {level}"
            _same_parts(said, dict(played.flow.figures_by(dimension, level=level)), inside, played.clock.now)
            if dimension != "channel":
                both = dict(played.flow.figures_by(dimension, "channel", level=level))
                _same_parts(f"{said}, and channel", both, crossed, played.clock.now)


@law
def figures_by_month_are_those_of_the_demands(played: Played) -> None:
    """Along the months of receipt and of closing, every part has the counts of its demands."""
    histories = [played.recorded(demand) for demand in played.demands]
    for dimension in ("received", "closed"):
        months: dict[str, list[Sequence[Event]]] = {}
        for events in histories:
            day = _days(played, moments_of(events))[0] if dimension == "received" else _closed_on(played, events)
            if day is not None:
                months.setdefault(f"{day:%Y-%m}", []).append(events)
        parts = dict(played.flow.figures_by(dimension, every="month"))
        _same_parts(f"months {dimension}", parts, months, played.clock.now)


@law
def rates_are_counts_over_counts(played: Played) -> None:
    """A rate is its weighted counts over its counts, of the demands whose workflow declares what it needs."""
    figures, at = played.flow.figures(), played.clock.now
    seen = [picture(played.recorded(demand)) for demand in played.demands]
    for name, rule in RATES.items():
        words = [*dict(rule.numerator), *rule.denominator]
        needs = {rule.needs, *map(_needs, words)} - {None}
        able = [one for one in seen if needs <= set(one["declares"])]
        terms = ((weight, sum(_value(word, one, at) for one in able)) for word, weight in rule.numerator)
        above = sum((weight * number for weight, number in terms), Fraction(0))
        below = sum(_counts(word, one, at) for word in rule.denominator for one in able)
        rate = figures.rate(name)
        assert (rate.numerator, rate.n) == (above, below), (
            f"{name} is {rate.numerator}/{rate.n}, by hand {above}/{below}"
        )


@law
def times_are_those_of_the_demands(played: Played) -> None:
    """How long demands took, and waited in each state, is what lies between the moments of their steps."""
    whole: list[timedelta] = []
    stays: dict[str, list[timedelta]] = {}
    going_on: Counter[str] = Counter()
    for demand in played.demands:
        events = played.recorded(demand)
        moments, seen = moments_of(events), picture(events)
        if seen["ended_as"] == "closed":
            whole.append(seen["ended"] - seen["received"])
        entered = [n for n, event in enumerate(events) if n == 0 or event.stamp.state != events[n - 1].stamp.state]
        for n, left in zip(entered, [*entered[1:], None], strict=True):
            if events[n].stamp.ended_as is None:
                going_on[events[n].stamp.state] += left is None
                if left is not None:
                    stays.setdefault(events[n].stamp.state, []).append(moments[left] - moments[n])
    took = played.flow.durations()
    assert list(took.values) == sorted(whole), f"demands took {took.values}, by hand {sorted(whole)}"
    for state, waited in played.flow.waiting().items():
        by_hand = sorted(stays.pop(state, []))
        assert list(waited.values) == by_hand, f"they waited in {state} {waited.values}, by hand {by_hand}"
        assert waited.unended == going_on[state], f"{waited.unended} wait in {state}, by hand {going_on[state]}"
    assert not stays, f"nobody is said to have waited in {sorted(stays)}"


COUNTING_LAWS = (
    figures_are_those_of_the_demands,
    figures_of_a_slice_are_those_of_its_demands,
    figures_along_a_dimension_are_those_of_the_demands,
    figures_by_month_are_those_of_the_demands,
    rates_are_counts_over_counts,
    times_are_those_of_the_demands,
)


def counted(histories: Iterable[Sequence[Event]], at: datetime) -> dict[str, int | None]:
    """Every count, by hand: over the pictures of the demands with these events, what is overdue at a moment."""
    seen = [picture(events) for events in histories if events]
    found: dict[str, int | None] = {}
    for name in (*COUNTS, *RANGES):
        declaring = [one for one in seen if _needs(name) is None or _needs(name) in one["declares"]]
        number = sum(_counts(name, one, at) for one in declaring)
        found[name] = number if declaring or not seen else None
    return found


def _needs(name: str) -> str | None:
    return COUNTS[name].needs if name in COUNTS else None


def _overdue(seen: dict[str, Any], at: datetime) -> set[str]:
    """The clocks by which it is overdue; the empty one is of the due moment that a fact gave to the whole."""
    dues = {clock.clock: clock.due for clock in seen["clocks"] if clock.status == RUNNING}
    # what rests does not become overdue, but what was so before stays so
    dues |= {clock.clock: clock.due for clock in seen["clocks"] if clock.status == PAUSED and not _in_time(clock)}
    open_dues = {"": seen["due"], **dues} if seen["ended_as"] is None else {}
    return {clock for clock, due in open_dues.items() if due is not None and due < at}


def _in_time(clock: ClockState) -> bool:
    return clock.due is None or clock.since < clock.due


def _counts(name: str, one: dict[str, Any], at: datetime) -> bool:
    closed, late = one["ended_as"] == "closed", one["due"] is not None
    evaluated, (weight, satisfied) = one["evaluated"], _grade(one)
    known = {
        "received": True,
        "open": one["ended_as"] is None,
        "resolved": closed and evaluated and bool(one["resolved"]),
        "reported_resolved": closed and bool(one["reported_resolved"]),
        "asked": one["asked"],
        "closed_and_asked": closed and one["asked"],
        "evaluated": evaluated,
        "silent": closed and not evaluated,
        "graded": weight is not None,
        "graded_satisfied": satisfied,
        "partly_satisfied": not satisfied and weight is not None and weight >= Fraction(1, 2),
        "no_clock": not late,
        "running": late and one["ended_as"] is None,
        "met": late and closed and one["ended"] <= one["due"],
        "missed": late and closed and one["ended"] > one["due"],
        "stopped": late and one["ended_as"] not in (None, "closed"),
        "overdue": bool(_overdue(one, at)),
        "running_overdue": "" in _overdue(one, at),
        "due": (late and closed) or "" in _overdue(one, at),
    }
    if name in known:
        return bool(known[name])
    return bool(one["ended_as"] == name or (evaluated and one["grade"] == name))


def _value(term: str, one: dict[str, Any], at: datetime) -> Fraction:
    """What a demand adds to a term of a rate: itself, or the weight of its grade."""
    return (_grade(one)[0] or Fraction(0)) if term == "score" else Fraction(_counts(term, one, at))


def _grade(one: dict[str, Any]) -> tuple[Fraction | None, bool]:
    """What the grade of a demand weighs, if it is evaluated with one, and whether it counts as satisfied."""
    if not one["evaluated"] or one["grade"] is None:
        return None, False
    if (own := one["grade_means"]) is not None:
        return Fraction(own.weight, 100), own.satisfied
    weights = {"very_satisfied": Fraction(1), "satisfied": Fraction(1), "basically_satisfied": Fraction(9, 10)}
    return weights.get(one["grade"], Fraction(0)), one["grade"] in ("very_satisfied", "satisfied")


def _same_counts(what: str, figures: Any, histories: Histories, at: datetime) -> None:
    histories = [events for events in histories if events]
    _same_standings(what, figures, histories, at)
    happened: Counter[str] = Counter()
    for events in histories:
        for event in events:
            happened.update(event.stamp.means or ())
            happened["in_retrospect"] += event.meta.retrospect is True
    for name, meaning in HAPPENINGS.items():
        number = figures.count(name) or 0
        assert number == happened[meaning], f"{what}: {name} is {number}, counted by hand {happened[meaning]}"


def _right(events: list[Event]) -> list[Event]:
    """The events as they should have been recorded, corrections no longer correcting."""
    return [
        as_if(event, fact=Noted(text="corrected")) if isinstance(event.fact, Corrected) else event
        for event in with_corrections(events)
    ]


def _days(played: Played, moments: Iterable[datetime]) -> list[date]:
    """The days on which moments fall, in the community's zone."""
    return [at.astimezone(played.flow._projector.zone).date() for at in moments]


def _until(played: Played, day: date) -> datetime:
    """The end of a day; now, if it is not over."""
    end = datetime.combine(day + timedelta(days=1), time.min, played.flow._projector.zone)
    return min(end, played.clock.now)


def _recorded(events: Sequence[Event]) -> list[datetime]:
    return [max(event.meta.recorded for event in events[: n + 1]) for n in range(len(events))]


def _closed_on(played: Played, events: Sequence[Event]) -> date | None:
    seen = picture(events)
    return _days(played, [seen["ended"]])[0] if seen["ended_as"] == "closed" else None


def _some(days: Sequence[date]) -> list[date]:
    """The first, the last, and one between."""
    return sorted({days[0], days[len(days) // 2], days[-1]}) if days else []


def _by_clock(clocks: Sequence[str], histories: Histories, at: datetime) -> dict[str, int]:
    """How each of these clocks stands, by hand: one that rests has not ended, so it counts as running."""
    found = dict.fromkeys(counts_of(clocks), 0)
    for seen in (picture(events) for events in histories if events):
        ran = {one.clock: "running" if one.status == PAUSED else one.status for one in seen["clocks"]}
        undated, overdue = {one.clock for one in seen["clocks"] if one.due is None}, _overdue(seen, at)
        for clock in clocks:
            status = ran.get(clock, "none")
            found[f"{clock} {status}"] += 1
            found[f"{clock} undated"] += status == "running" and clock in undated
            found[f"{clock} overdue"] += clock in overdue
            found[f"{clock} due"] += clock in overdue or status in ("met", "missed")
    return found


def _same_standings(what: str, figures: Any, histories: Histories, at: datetime) -> None:
    histories = list(histories)
    by_hand = {**_by_clock(figures.clocks, histories, at), **counted(histories, at)}
    for name, number in by_hand.items():
        assert figures.count(name) == number, f"{what}: {name} is {figures.count(name)}, counted by hand {number}"


def _same_parts(what: str, parts: Mapping[Any, Any], inside: Mapping[Any, Histories], at: datetime) -> None:
    status = {key for key, part in parts.items() if any(part.standings.values())}
    assert status == set(inside), f"{what}: {sorted(status)} instead of {sorted(inside)}"
    for key, histories in inside.items():
        _same_standings(f"{what}: {key!r}", parts[key], histories, at)


def _within(path: str, key: str) -> bool:
    return path == key or (key != "" and path.startswith(f"{key}/"))
