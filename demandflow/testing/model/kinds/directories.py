"""Directories: every place that there is or was, as plain pages that are written on one after the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from demandflow.domain.county.grid.places import (
    MEASURES,
    Appointed,
    Closed,
    Counted,
    Entry,
    Founded,
    Joined,
    Numbers,
    Opened,
    Relieved,
    Renamed,
    Split,
    Term,
)
from demandflow.domain.values import Actor

Page = dict[str, Any]
"""What is written of a place; of terms, who, since when and until when."""


def directory(told: Sequence[tuple[Any, datetime, Actor]]) -> dict[str, Any]:
    """All pages, sorted by path."""
    pages: dict[str, Page] = {}
    county = ""
    for fact, at, _ in told:
        match fact:
            case Founded():
                county = str(fact.county)
                pages[county] = _page(fact.kind, at)
            case Opened():
                pages[str(fact.place)] = _page(fact.kind, at, [_parent(fact.place)], fact.type)
                _count(pages[str(fact.place)], fact, at)
            case Counted() if fact.place in pages:
                _count(pages[fact.place], fact, at, always=True)
            case Appointed() if fact.place in pages:
                pages[fact.place]["terms"].append([fact.who, at, None])
            case Relieved() if fact.place in pages:
                _relieve(pages[fact.place], at, fact.who)
            case Closed() if fact.place in pages:
                _end(pages[fact.place], at, [str(fact.demands_go_to or _parent(fact.place))])
            case Split():
                moves = {str(child): str(to) for child, to in fact.moves}
                _succeed(pages, [str(fact.place)], [str(one) for one in fact.into], moves, at)
            case Joined():
                _succeed(pages, [str(one) for one in fact.places], [str(fact.into)], {}, at)
            case Renamed():
                _succeed(pages, [str(fact.place)], [str(fact.to)], {}, at)
    return {"county": county, "places": tuple(_entry(path, pages[path]) for path in sorted(pages))}


def _succeed(pages: dict[str, Page], ended: list[str], new: list[str], moves: Mapping[str, str], at: datetime) -> None:
    """All of these end; each of the new ones comes of all of them, and what lay below goes along."""
    before = {path: dict(page) for path, page in pages.items()}
    ended = [path for path in ended if path in before and before[path]["until"] is None]
    begun: dict[str, Page] = {}
    for path in ended:
        for name in new:
            page = begun.setdefault(name, _page(before[path]["kind"], at, [], before[path]["type"]))
            page["came_from"].append(path)
            there = [who for who, _, _ in page["terms"]]
            page["terms"] += [[who, at, None] for who in _in_office(before[path]) if who not in there]
    if len(new) == len(ended) == 1:
        begun[new[0]]["numbers"] = list(before[ended[0]]["numbers"])
    pages.update(begun)
    for path in ended:
        for below, page in before.items():
            if below.startswith(f"{path}/") and page["until"] is None:
                rest = below.removeprefix(f"{path}/")
                first = moves.get("/".join((path, rest.split("/")[0])), new[0])
                target = f"{first}/{rest}"
                again = {**_page(page["kind"], at, [below], page["type"]), "numbers": list(page["numbers"])}
                pages[target] = {**again, "terms": [[who, at, None] for who in _in_office(page)]}
                _end(pages[below], at, [target])
        _end(pages[path], at, new)


def _page(kind: str, at: datetime, came_from: Sequence[str] = (), type: str | None = None) -> Page:  # noqa: A002
    more: Page = {"until": None, "into": [], "terms": [], "numbers": []}
    return {"kind": kind, "since": at, "came_from": [*came_from], "type": type, **more}


def _parent(path: str) -> str:
    return "/".join(path.split("/")[:-1])


def _count(page: Page, fact: Any, at: datetime, *, always: bool = False) -> None:
    said = [getattr(fact, name) for name in MEASURES]
    if always or any(number is not None for number in said):
        page["numbers"] = [*page["numbers"], (at, *said)]


def _in_office(page: Page) -> list[str]:
    return list(dict.fromkeys(who for who, _, until in page["terms"] if until is None))


def _relieve(page: Page, at: datetime, *who: str) -> None:
    """These, or all, are no longer responsible."""
    terms = page["terms"]
    page["terms"] = [[n, s, at if u is None and (not who or n in who) else u] for n, s, u in terms]


def _end(page: Page, at: datetime, into: list[str]) -> None:
    page["until"], page["into"] = at, into
    _relieve(page, at)


def _entry(path: str, page: Page) -> Entry:
    return Entry(
        path,
        page["kind"],
        page["since"],
        page["until"],
        tuple(page["came_from"]),
        tuple(page["into"]),
        page["type"],
        tuple(Term(*term) for term in page["terms"]),
        tuple(Numbers(*numbers) for numbers in page["numbers"]),
    )
