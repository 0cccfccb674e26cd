"""A law of directories of places: what they are asked, answered from their pages one by one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random

from demandflow.domain.county.grid.directory import Directory
from demandflow.domain.county.grid.places import MEASURES, Entry
from demandflow.testing.playing.law import Played, law

Pages = dict[str, Entry]
US = timedelta(microseconds=1)
ASKED = 4
"""How many moments each directory is asked about."""


@law
def a_directory_answers_as_its_pages_say(played: Played) -> None:
    """Where a place lies at a moment, who is responsible there, what was counted, and what can be compared."""
    dice = Random(played.history.environment.lot)  # noqa: S311
    for directory in played.streams.values():
        if isinstance(directory, Directory) and directory.places:
            turns = [at for one in directory.places for at in (one.since, one.until) if at is not None]
            for _ in range(ASKED):
                first, second = (dice.choice(turns) + dice.choice((-US, 0 * US, US)) for _ in range(2))
                _asked(directory, first, second, dice)


def _asked(directory: Directory, on: datetime, later: datetime, dice: Random) -> None:
    pages = {entry.path: entry for entry in directory.places}
    kind, measure = dice.choice([one.kind for one in directory.places]), dice.choice(MEASURES)
    path = dice.choice([*pages])
    for place in (path, f"{path}/none", "nowhere/else"):
        lies, found = _lies(pages, place, on), directory.now(place, on)
        assert found == tuple(sorted(lies)), f"{place} lies in {found} on {on}, by the pages in {lies}"
        there = place in pages and _there(pages[place], on)
        assert directory.there(place, on) is there, f"{place} was there on {on}: {there}"
        responsible = _responsible(pages, lies, on)
        found = directory.responsible(place, on)
        assert found == responsible, f"responsible for {place} on {on}: {found}, by the pages {responsible}"
    standing = sorted(path for path, page in pages.items() if page.kind == kind and _there(page, on))
    assert directory.standing(kind, on) == tuple(standing), f"of kind {kind} stood on {on}: {standing}"
    said = [number for path in standing for number in _last(pages[path], measure, on)]
    total = (sum(said), len(said), len(standing))
    assert directory.total(kind, measure, on) == total, f"{measure} of each {kind} on {on}: {total}"
    groups = sorted(_groups(pages, kind, min(on, later), max(on, later)))
    groups = sorted((after, before) for before, after in groups) if later < on else groups
    both = [tuple(group) for group in directory.comparable(kind, on, later)]
    assert both == groups, f"each {kind} on {on} and {later}: {both}, by the pages {groups}"


def _there(page: Entry, on: datetime) -> bool:
    return page.since <= on < (page.until or on + US)


def _lies(pages: Pages, place: str, on: datetime) -> set[str]:
    """Where it lies: what is not there is looked for where its page says, until that is there or says nothing."""
    known = place
    while known and known not in pages:
        known = known.rpartition("/")[0]
    if not known or (known != place and _there(pages[known], on)):
        return {place}
    before, lies = set[str](), {known}
    while before != lies:
        before, lies = lies, {further for path in lies for further in _further(pages, path, on)}
    return lies


def _further(pages: Pages, path: str, on: datetime) -> tuple[str, ...]:
    page = pages.get(path)
    if page is None or _there(page, on):
        return (path,)
    further = page.came_from if on < page.since else page.into
    return further if any(further) else (path,)


def _responsible(pages: Pages, lies: set[str], on: datetime) -> tuple[str, ...]:
    """The first that anybody is responsible for, of what is above all of these, from the deepest up."""
    paths = [path.split("/") for path in lies]
    above = [names for names in _heads(paths[0]) if all(path[: len(names)] == names for path in paths)]
    for names in sorted(above, key=len, reverse=True):
        page = pages.get("/".join(names))
        who = [one.who for one in page.terms if one.since <= on < (one.until or on + US)] if page else []
        if who:
            return tuple(sorted(who))
    return ()


def _heads(names: list[str]) -> Iterator[list[str]]:
    for depth in range(1, len(names) + 1):
        yield names[:depth]


def _last(page: Entry, measure: str, on: datetime) -> list[int]:
    """What was counted there last, if anything was."""
    said = [getattr(numbers, measure) for numbers in page.numbers if numbers.since <= on]
    return [number for number in said if number is not None][-1:]


def _groups(pages: Pages, kind: str, first: datetime, second: datetime) -> Iterator[tuple[tuple[str, ...], ...]]:
    """Who shares ground, directly or by others, belongs together."""
    old, new = (
        {path for path, page in pages.items() if page.kind == kind and _there(page, on)} for on in (first, second)
    )
    into = {path: _lies(pages, path, second) & new for path in old}
    left = [*(({path}, into[path]) for path in old), *((set[str](), {path}) for path in new)]
    while left:
        before, after = left.pop()
        while together := [one for one in left if one[1] & after]:
            left = [one for one in left if one not in together]
            before, after = before.union(*(one[0] for one in together)), after.union(*(one[1] for one in together))
        yield tuple(sorted(before)), tuple(sorted(after))
