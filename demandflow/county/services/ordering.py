"""The service menu as residents see it, and ordering from it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any, Unpack

from demandflow.calendars.calendar import Calendar
from demandflow.county.moments import moment_of
from demandflow.county.services.answers import check_answers
from demandflow.county.streams_asked import StreamsAsked
from demandflow.domain.county.services.items import Item, ItemVersion
from demandflow.domain.county.services.orders import Ordered
from demandflow.domain.demand import Demand
from demandflow.domain.values import Channel, Place
from demandflow.errors import DemandNotFound, InvalidValue, RuleBroken, brief, listed
from demandflow.policies.dispatch import Handler
from demandflow.recording.command import Circumstances


def menu(flow: StreamsAsked, on: date | datetime | str | None = None) -> tuple[ItemVersion, ...]:
    """The items as residents saw them at a moment (or at the end of a day; without `on`: now), by department."""
    at = moment_of(flow, on)
    shown = (item.shown(at) for item in flow.streams(Item))
    return tuple(sorted((seen for seen in shown if seen is not None), key=lambda seen: (seen.department, seen.item)))


def order(
    flow: StreamsAsked,
    item: str,
    answers: Mapping[str, Any],
    *,
    resident: str | None,
    place: str,
    channel: str,
    kinds: Iterable[str] = (),
    text: str | None = None,
    calendar: Calendar | None = None,
    workflow: str | None = None,
    **how: Unpack[Circumstances],
) -> Demand:
    """Order an item: it registers a demand about the item in its department, with the answers as fields of its own.

    The resident sees the menu as it is at the moment of the order. `kinds` are what the resident is (see `may_order` of
    an item), `text` says more than the name of the item. With a `calendar` the demand is due after the working days of
    the item. Raises InvalidValue for an item that is not on the menu and for answers that are not what its form asks,
    RuleBroken for a resident who may not order it, and what start() raises.
    """
    seen = _seen(flow, item, how.get("at"))
    theirs = {*kinds}
    if seen.may_order and not theirs.intersection(seen.may_order):
        objection = f"{item} is for {listed(seen.may_order)}, not for {listed(sorted(theirs), 'others')}"
        raise RuleBroken("order", (("it_is_for_such_residents", objection),))
    check_answers(seen.schema, answers)
    at = moment_of(flow, how.get("at"))
    due = None if calendar is None else calendar.add(at, f"{seen.days} working days")
    fact = Ordered(
        text=seen.name if text is None else text,
        channel=Channel(channel),
        place=Place(place),
        resident=resident,
        category=seen.category,
        due=due,
        item=seen.item,
        item_version=seen.number,
        answers=answers,
    )
    return flow.start(fact, workflow=workflow, of=Demand, **how)


def handlers(items: Iterable[ItemVersion]) -> tuple[Handler, ...]:
    """Who does what, for the policy Dispatch: each item that has a contractor goes to them."""
    return tuple(Handler(item.contractor, categories=(item.category,)) for item in items if item.contractor is not None)


def _seen(flow: StreamsAsked, item: str, at: datetime | None) -> ItemVersion:
    """The item as it was seen at the moment; InvalidValue if it was not on the menu."""
    try:
        seen = flow.stream(Item, flow.id_of_stream(Item, item)).shown(moment_of(flow, at))
    except DemandNotFound:
        seen = None
    if seen is None:
        offered = listed(other.item for other in menu(flow, at))
        raise InvalidValue("item", f"{brief(item)} is not on the menu (possible: {offered})")
    return seen
