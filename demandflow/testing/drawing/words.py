"""What people say and when: texts, names of places and channels, moments and people, the plainest first."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime, timedelta, timezone
from typing import TypeVar
from zoneinfo import ZoneInfo

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from demandflow.domain.values import Actor, Category, Channel, Place, Role, Word
from demandflow.errors import InvalidValue, brief
from demandflow.inputs.moments import EARLIEST, LATEST, moment
from demandflow.inputs.texts import LONGEST_NAME, wrong_with
from demandflow.testing.people import CATEGORIES, CONTRACTORS, OFFICERS, PLACES, RESIDENTS, TEXTS

NASTY = (
    "'; DROP TABLE demands; --",
    '{"a": null}',
    "null",
    "0",
    "50 % / 100 %",
    "%2F",
    "..",
    "<b>fett</b>",
    "=1+1",
    "ﷺ",
    "مصباح مكسور",
    "𠮷野家",
    "🚒",
    "\u1e8b\u0323\u0301",
    "Straße № ½",
    "x" * 200,
    "张\u3000三",
    "نمی\u200cدانم",
)
"""Texts that are valid, and that careless code stumbles over."""
ZONES = (UTC, timezone(timedelta(hours=8)), timezone(timedelta(hours=-3, minutes=-30)), timezone(timedelta(hours=14)))
W = TypeVar("W", bound=Word)


def texts(*, min_size: int = 1, max_size: int | None = None) -> SearchStrategy[str]:
    """Texts that are names as well: on one line, in one spelling (NFC), without blanks at the ends, up to 200 letters.

    Longer ones where more are asked for.
    """
    longest = max(min_size, LONGEST_NAME) if max_size is None else max_size
    known = [text for text in (*TEXTS, *NASTY) if min_size <= len(text) and wrong_with(text, longest) is None]
    letters = st.characters(exclude_categories=("C", "Z")) | st.just(" ")
    free = st.text(letters, min_size=max(min_size, 1), max_size=longest).map(_kept)
    fitting = free.filter(lambda text: min_size <= len(text) and wrong_with(text, longest) is None)
    return st.one_of(st.sampled_from(known), fitting) if known else fitting


def _kept(text: str) -> str:
    return unicodedata.normalize("NFC", text).strip()


def channels() -> SearchStrategy[Channel]:
    """Channels: the usual words, and a community's own."""
    return words(Channel)


def words(kind: type[W]) -> SearchStrategy[W]:
    """Words of an open vocabulary: the usual ones, and a community's own."""
    own = texts().map(kind)
    return st.sampled_from(kind.USUAL) | own if kind.USUAL else own


def places() -> SearchStrategy[Place]:
    """Places: paths in a grid, a few names deep."""
    return st.sampled_from(PLACES) | st.lists(texts(max_size=40), min_size=1, max_size=5).map(
        lambda names: Place.of(*names)
    )


def categories() -> SearchStrategy[Category]:
    """Categories: from a service menu, and others."""
    return st.sampled_from(CATEGORIES) | st.lists(texts(max_size=40), min_size=1, max_size=3).map(
        lambda names: Category.of(*names)
    )


def actors(role: str | None = None) -> SearchStrategy[Actor]:
    """People in this role; without one, in any of the usual roles. Raises InvalidValue for a role that is none."""
    if role is not None:
        Actor("somebody", role)
    names = st.sampled_from((*OFFICERS, *RESIDENTS)) | texts()
    units = st.none() | st.sampled_from(CONTRACTORS) | texts()
    return st.builds(Actor, names, st.sampled_from(Role) if role is None else st.just(role), units)


def moments(*, after: datetime = EARLIEST, before: datetime = LATEST) -> SearchStrategy[datetime]:
    """Moments with a time zone, UTC or another: from `after` on, and before `before`. Raises InvalidValue."""
    first = moment(after, "after")
    last = LATEST if before == LATEST else moment(before, "before")
    if not first < last:
        raise InvalidValue("before", f"must be later than {brief(after)}, got {brief(before)}")
    latest = last - timedelta(microseconds=1)
    # what is made smaller goes towards the year 2000, or the first moment there is
    plain = st.datetimes(first.replace(tzinfo=None), latest.replace(tzinfo=None))
    zones = st.sampled_from(ZONES) | st.sampled_from(("Asia/Shanghai", "Europe/Berlin", "America/St_Johns")).map(
        ZoneInfo
    )
    return st.builds(lambda at, zone: at.replace(tzinfo=UTC).astimezone(zone), plain, zones)
