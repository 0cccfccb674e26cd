"""The people, places and words of random histories: few enough that one meets another, or oneself in another role."""

from __future__ import annotations

from collections.abc import Iterator

from demandflow.domain.demand import Demand
from demandflow.domain.stream import Stream
from demandflow.domain.values import Actor, Category, Channel, FeedbackMethod, Place, Role, Urgency

RESIDENTS = ("张三", "Zoë", "zhao")
OFFICERS = ("王芳", "zhao", "chen")
CONTRACTORS = ("水电队", "legal aid", "chen")
DARK = "the street lamp in front of the school has been dark since Monday"
TEXTS = ("ok", "路灯坏了", "não", DARK, "a/b", f"Please, again:\n{DARK.upper()}; nobody came!", "…")
# one begins like another and is not below it
PLACES = tuple(
    map(
        Place,
        (
            "fufeng/chengguan/c3",
            "fufeng/chengguan/c3/g12/b4",
            "fufeng/jiāngzhāng",
            "岐山/蔡家坡",
            "fufeng/chengguan/c3%2F1",
        ),
    )
)
CATEGORIES = tuple(map(Category, ("culture", "civil_affairs/subsidy", "civil_affairs", "住房/维修", "culture2")))
CHANNELS = (Channel.HOTLINE, Channel.WISH_BOX, Channel.WECHAT_GROUP, Channel("loudspeaker"))
URGENCIES = (*Urgency.USUAL, Urgency("avant l'été"))
BOSS = Actor("boss", Role.SUPERVISOR)
METHODS = (*FeedbackMethod.USUAL, FeedbackMethod("loudspeaker"))


KNOWN = 4
"""So many of the people that a stream knows do something."""


def names_in(stream: Stream) -> tuple[str, ...]:
    """The names that a stream of another kind has in fields of its own, and in what these are made of."""
    own = [name for name in stream.__struct_fields__ if name not in Stream.__struct_fields__]
    found = (text for name in own for text in _texts_in(getattr(stream, name)))
    return tuple(dict.fromkeys(text for text in found if text and text.strip() == text and text.isprintable()))


def _texts_in(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield str(value)
    elif isinstance(value, tuple | frozenset):
        yield from (text for part in value for text in sorted(_texts_in(part)))
    else:
        yield from (
            text for name in getattr(value, "__struct_fields__", ()) for text in _texts_in(getattr(value, name))
        )


def actors_for(role: str, demand: Stream) -> list[Actor]:
    """People in this role: first the one whose demand or work it is, then others; of other kinds, whom they know."""
    if not isinstance(demand, Demand):
        return [Actor(name, role) for name in dict.fromkeys((*OFFICERS, *names_in(demand)[:KNOWN]))]
    if role == Role.RESIDENT:
        names = [demand.resident or RESIDENTS[0], demand.representative or "daughter", *RESIDENTS]
        return [Actor(name, role) for name in dict.fromkeys(names)]
    if role == Role.CONTRACTOR:
        units = dict.fromkeys([demand.contractor or CONTRACTORS[0], *CONTRACTORS])
        return [Actor("liu", role, unit) for unit in units]
    return [Actor(name, role) for name in OFFICERS]
