"""The people, places and words of random histories: few enough that one meets another, or oneself in another role."""

from __future__ import annotations

from demandflow.domain.demand import Demand
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


def actors_for(role: str, demand: Demand) -> list[Actor]:
    """People in this role: first the one whose demand or work it is, then others."""
    if role == Role.RESIDENT:
        names = [demand.resident or RESIDENTS[0], demand.representative or "daughter", *RESIDENTS]
        return [Actor(name, role) for name in dict.fromkeys(names)]
    if role == Role.CONTRACTOR:
        units = dict.fromkeys([demand.contractor or CONTRACTORS[0], *CONTRACTORS])
        return [Actor("liu", role, unit) for unit in units]
    return [Actor(name, role) for name in OFFICERS]
