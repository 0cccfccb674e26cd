"""Which open demand another may repeat: texts are compared letter by letter."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from unicodedata import normalize

from demandflow.domain.demand import Demand
from demandflow.domain.facts import Noted
from demandflow.policies import Sorting
from demandflow.testing.model.asked import About
from demandflow.testing.model.calendars import DAY

LONG_ENOUGH = 20


def repeated(policy: Sorting, it: About) -> Noted | None:
    """A note of the most similar of the open demands that came before, nearby, about the same."""
    demand, alike = it.demand, policy.alike
    if demand.place is None or demand.received is None or alike is None:
        return None
    near = "/".join(demand.place.split("/")[: policy.near])
    others = sorted((one for one in it.world.policies.before.values() if one.ended_as is None), key=_came)
    before = [one for one in others if _came(one) < _came(demand) and within(one.place, near)]
    recent = [one for one in before if _came(one)[0] >= demand.received - policy.days * DAY]
    same = [one for one in recent if about_the_same(one.category, demand.category)]
    scores = [similar(demand.text, one.text, alike) for one in same]
    best = max(scores, default=0.0)
    if not best or best < alike:
        return None
    return Noted(text=f"perhaps a repeat of demand {same[scores.index(best)].id}: {best:.0f} of 100 alike")


def _came(demand: Demand) -> tuple[datetime, str]:
    assert demand.received is not None
    return demand.received, demand.id.hex


def about_the_same(one: str | None, other: str | None) -> bool:
    """Whether one category is the other or below it, or is not known."""
    return one is None or other is None or within(one, other) or within(other, one)


def within(path: str | None, other: str) -> bool:
    """Whether a path is another or below it."""
    return path is not None and f"{path}/".startswith(f"{other}/")


@lru_cache(maxsize=1024)
def similar(one: str, other: str, enough: int) -> float:
    """How alike two texts are; where that is not enough, how alike the shorter and some part of the longer are."""
    shorter, longer = sorted((letters(one), letters(other)), key=len)
    whole = share(shorter, longer)
    if whole >= enough or len(shorter) < LONG_ENOUGH:
        return whole
    size = len(shorter)
    return max(share(shorter, longer[max(at, 0) : at + size]) for at in range(1 - size, len(longer)))


def letters(text: str) -> str:
    """What counts of a text."""
    return "".join(letter for letter in normalize("NFKC", text).casefold() if letter.isalnum())


def share(one: str, other: str) -> float:
    """The share of letters that both have in the same order, in percent."""
    common = [0] * (len(other) + 1)
    for letter in one:
        row = [0]
        for at, its in enumerate(other):
            row.append(common[at] + 1 if letter == its else max(row[at], common[at + 1]))
        common = row
    return 200 * common[-1] / (len(one) + len(other)) if one and other else 0.0
