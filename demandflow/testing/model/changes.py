"""From a count to its demands and events, and from one day to another: who is counted since when, and what changed."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping
from datetime import date, datetime
from itertools import pairwise, zip_longest
from typing import Any
from uuid import UUID

from demandflow.testing.model.counts import (
    ENDS,
    HAPPENINGS,
    Seen,
    clocks_of,
    counts_of,
    dues_of,
    grade_of,
    names_of,
    scores_of,
)
from demandflow.testing.model.query import DIMENSIONS, Happening, Query, key_of, own_of
from demandflow.testing.model.world import World

Pair = tuple[date | str, date | str]
NOTHING: Mapping[Hashable, int] = {}


# the demands of a count


def counted(world: World, count: str, *, catch_up: bool = True, **asked: Any) -> list[tuple[Any, ...]]:
    """The demands of a count in the order of receipt, with the event since which each counts, and is known to count."""
    query = Query.of(world, **asked)
    found = _happened(query, HAPPENINGS[count]) if count in HAPPENINGS else _standing(query, count)
    lines = []
    for demand, decided, recorded in found:
        at = world.seen(demand, decided, decided) or {}
        days = world.day(at["last"]), world.day(world.recorded(demand, recorded))
        lines.append((demand, decided, recorded, *days))
    return sorted(lines, key=lambda line: (world.demands[line[0]].received, line[0].hex, line[1]))


def _standing(query: Query, count: str) -> Iterator[tuple[UUID, int, int]]:
    """Each demand that counts, since which event it has done so, and since which event that has been known.

    Since when it has been due is judged by the end of the day asked about, even if that day is not over.
    """

    def counts(seen: Seen | None, at: datetime) -> bool:
        return seen is not None and count in counts_of(seen, at, query.clocks)

    for demand in query.world.demands:
        if counts(query.stood(demand), query.at):
            recorded = known = query.known(demand)
            decided = query.number(demand, known)
            while counts(query.stood(demand, known, decided - 1), query.end):
                decided -= 1
            while counts(query.stood(demand, recorded - 1), query.end):
                recorded -= 1
            yield demand, decided, recorded


def _happened(query: Query, meaning: str) -> Iterator[tuple[UUID, int, int]]:
    """Each event that meant this, and since when it has been known to have happened where it is asked about."""
    for it in query.happened():
        if it.meaning == meaning:
            recorded = query.known(it.demand)
            while recorded > it.version and _was_in_slice(query, it, recorded - 1):
                recorded -= 1
            yield it.demand, it.version, recorded


def _was_in_slice(query: Query, it: Happening, known: int) -> bool:
    seen = query.world.seen(it.demand, known, it.version)
    return seen is not None and query.is_in_slice(seen)


def counted_shown(answer: Any) -> list[tuple[Any, ...]]:
    """The demands of a count."""
    return [(one.demand, one.decided_by, one.recorded_by, one.happened, one.recorded) for one in answer]


# what changed


def changes(
    world: World, *, known_on: Pair | None = None, as_of: Pair | None = None, catch_up: bool = True, **asked: Any
) -> dict[str, Any]:
    """Which demands changed between two days, from what to what, by which events; and by how much every count did."""
    days = {name: pair for name, pair in (("known_on", known_on), ("as_of", as_of)) if pair is not None}
    before, after = (Query.of(world, **asked, **{name: pair[n] for name, pair in days.items()}) for n in (0, 1))
    happened = {demand: Counter[str]() for demand in world.demands}
    for query, sign in ((after, 1), (before, -1)):
        for it in query.happened():
            happened[it.demand][it.meaning] += sign
    lines: list[dict[str, Any]] = []
    for demand in sorted(world.demands, key=lambda one: (world.demands[one].received, one.hex)):
        was, now = (_stands(query, demand) for query in (before, after))
        often = {meaning: number for meaning, number in happened[demand].items() if number}
        if was != now or often:
            pairs = zip_longest(_told(before, demand), _told(after, demand), fillvalue=NOTHING)
            events = tuple(n for n, (told, tells) in enumerate(pairs, 1) if told != tells)
            lines.append({"demand": demand, "before": was, "after": now, "events": events, "happened": often})
    note = after.note(not lines)
    printed = [f"demands that moved: {len(lines)}", *map(_line, lines), *([note] if note else [])]
    return {
        "printed": in_any_order("\n".join(printed)),
        "lines": lines,
        "clocks": after.clocks,
        "scores": after.scores,
        "note": note,
        **{name: _difference(name, lines) for name in (*names_of(after.clocks, after.scores), *HAPPENINGS)},
    }


def _difference(count: str, lines: Iterable[dict[str, Any]]) -> tuple[int, list[UUID]]:
    """By how much a count differs, and the demands that came into it or left it, or to which this happened."""
    number, of = 0, []
    for line in lines:
        before, after = (count in line[when][0] if line[when] else False for when in ("before", "after"))
        more = line["happened"].get(HAPPENINGS[count], 0) if count in HAPPENINGS else after - before
        number += more
        of += [line["demand"]] if more else []
    return number, of


def _line(line: Mapping[str, Any]) -> str:
    """How a change is printed."""
    before, after = line["before"], line["after"]
    often = "".join(f", {name} {number:+}" for name, number in line["happened"].items())
    events = f"event {', '.join(map(str, line['events']))}" if line["events"] else "time went by"
    return f"{line['demand']}: {_words(before, after)} → {_words(after, before)}{often} ({events})"


def _words(stands: tuple[Any, ...] | None, other: tuple[Any, ...] | None) -> str:
    """What a demand counts as and does not in the other case; where that is nothing, how it ended."""
    if stands is None:
        return "(not there)"
    counts, where, ended = stands
    words = [name for name in counts if not name.endswith(" none") and (other is None or name not in other[0])]
    if other is not None:
        here, there = ({**one, "own": "", **dict(one["own"])} for one in (where, other[1]))
        for name in dict.fromkeys((*here, *there)):
            prefix = "" if name in DIMENSIONS else f"{name} "
            if here.get(name) != there.get(name):
                words.append(f"{prefix}{here.get(name) or '(none)'}")
        words += [f"ended {ended}"] if ended and ended != other[2] else []
    return ", ".join(words) or next(name for name in ("open", *ENDS) if name in counts)


def in_any_order(text: str) -> list[list[str]]:
    """The words of each line, and of each of its sides, in alphabetical order."""
    sides = (side for line in text.splitlines() for side in re.split(": | → ", line))
    return [sorted(re.split(r", | \(", side)) for side in sides]


def _stands(query: Query, demand: UUID) -> tuple[Any, ...] | None:
    """All counts that include the demand, its slice, and the day of its end."""
    seen = query.stood(demand)
    if seen is None:
        return None
    ended = None if seen["ended"] is None else query.world.day(seen["ended"])
    return sorted(counts_of(seen, query.at, query.clocks)), _slice(query.world, seen), ended


def _slice(world: World, seen: Seen) -> Mapping[str, Hashable]:
    return {**{name: seen[name] or "" for name in DIMENSIONS}, "own": _own_shown(own_of(world, seen))}


def _own_shown(own: Mapping[str, Any]) -> Hashable:
    return tuple(sorted((name, key_of(value)) for name, value in own.items()))


def _told(query: Query, demand: UUID) -> list[dict[Hashable, int]]:
    """What each event that was known changed in what is counted: what no longer is, and what is instead."""
    books = [_counted_so_far(query, demand, known) for known in range(query.known(demand) + 1)]
    return [
        {what: after[what] - before[what] for what in before | after if after[what] != before[what]}
        for before, after in pairwise(books)
    ]


def _counted_so_far(query: Query, demand: UUID, known: int) -> Counter[Hashable]:
    """All that is counted of the demand, by so many events: as what it stands, and what happened to it."""
    found: Counter[Hashable] = Counter()
    if (seen := query.stood(demand, known)) is not None:
        found[_counts_as(query.world, seen)] += 1
    for it in query.happened_to(demand, known):
        found[it.meaning, *_slice(query.world, it.after).values()] += 1
    return found


def _counts_as(world: World, seen: Seen) -> Hashable:
    """All that is kept of a standing for the figures; of moments only the days, and which due moment comes first."""
    due, ended, evaluated = seen["due"], seen["ended"], seen["evaluated"]
    closed_in_time = due is not None and seen["ended_as"] == "closed" and ended <= due
    dues = [(name, world.day(due)) for due, name in sorted((due, name) for name, due in dues_of(seen).items())]
    reports = evaluated, seen["asked"], bool(seen["reported_resolved"]), evaluated and bool(seen["resolved"])
    grades = grade_of(seen), evaluated and seen["grade"], tuple(scores_of(seen).items())
    ends = seen["ended_as"], None if ended is None else world.day(ended), due is not None, closed_in_time
    clocks = tuple(clocks_of(seen).items()), tuple(dues)
    return (*ends, *reports, *grades, *clocks, seen["declares"], *_slice(world, seen).values())


def changes_shown(answer: Any) -> dict[str, Any]:
    """All that changes say."""
    lines = [
        {
            **{"demand": line.demand, "events": line.events, "happened": dict(line.happened)},
            **{"before": _standing_shown(line.before), "after": _standing_shown(line.after)},
        }
        for line in answer.lines
    ]
    names = (*names_of(answer.clocks, answer.scores), *HAPPENINGS)
    differences = {name: (answer.difference(name), [line.demand for line in answer.of(name)]) for name in names}
    names_known = {"clocks": answer.clocks, "scores": answer.scores, "printed": in_any_order(str(answer))}
    return {"lines": lines, **names_known, "note": answer.note, **differences}


def _standing_shown(standing: Any) -> tuple[Any, ...] | None:
    if standing is None:
        return None
    where = {name: getattr(standing.where, name) for name in DIMENSIONS}
    return sorted(standing.counts), {**where, "own": _own_shown(standing.where.own)}, standing.ended


QUESTIONS = {"counted": (counted, counted_shown), "changes": (changes, changes_shown)}
