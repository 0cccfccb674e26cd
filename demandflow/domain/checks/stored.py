"""What is wrong with how a fact is stored: what it says of its versions, and of the topics of before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from demandflow.domain.fact import Fact, stored_topic
from demandflow.errors import brief, listed

A_FUNCTION = "map each topic under which it was stored before to a function from its fields to today's"


def wrong_versions(fact: type[Fact]) -> Iterator[tuple[str, str]]:
    """What its VERSION and its EARLIER cannot be, each with its remedy."""
    what, version, earlier = f"fact {fact.__name__}:", vars(fact).get("VERSION", 1), vars(fact).get("EARLIER", {})
    if type(version) is not int or version < 1:
        yield f"{what} its VERSION is {brief(version)}", "give a whole number from 1"
    elif version > 1 and earlier == {}:
        says = f"{what} it has VERSION {version}, but no EARLIER: what was stored before would be unknown"
        yield says, f"say EARLIER: {A_FUNCTION}"
    if not isinstance(earlier, Mapping):
        yield f"{what} its EARLIER must be a mapping, got {brief(earlier)}", A_FUNCTION
        return
    if wrong := [topic for topic, todays in earlier.items() if not _is_topic(topic) or not callable(todays)]:
        yield f"{what} its EARLIER cannot be used for {listed(map(brief, wrong))}", A_FUNCTION
    if stored_topic(fact) in earlier:
        yield f"{what} its EARLIER names today's topic {stored_topic(fact)!r}", "name those of before only"


def _is_topic(topic: Any) -> bool:
    return isinstance(topic, str) and bool(topic)
