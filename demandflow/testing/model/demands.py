"""What is asked of one demand, or of the log as it is: read off what was accepted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields
from datetime import date, datetime, timedelta
from enum import Enum
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from demandflow.domain.demand import Demand, as_if
from demandflow.domain.events import Event
from demandflow.domain.fact import Fact
from demandflow.domain.facts import OTHER_SIDES
from demandflow.domain.moves import BACK, STAY, Move, sources
from demandflow.domain.stream import OtherKind, Stream
from demandflow.domain.values import Actor, Role
from demandflow.errors import DemandNotFound, InvalidValue
from demandflow.testing.model.calendars import naive
from demandflow.testing.model.picture import next_due
from demandflow.testing.model.streams import Until
from demandflow.testing.model.world import World

CORRECTED = (
    *("channel", "place", "place_from", "category", "category_from", "contracts", "lead", "contractor"),
    *("resolved", "grade", "grade_means", "scores", "score_means", "reported_resolved"),
    *("_attributes", "_attributes_from"),
)
"""What a correction puts right from the event on that it names; who did what stays as it was recorded."""
ENDS_SOON = timedelta(days=90)


def demand_now(world: World, it: UUID | str) -> Demand:
    """The demand as it is now. Raises DemandNotFound."""
    demand = stream_now(world, it)
    if not isinstance(demand, Demand):
        raise OtherKind(str(it), "another", "demand")
    return demand


def stream_now(world: World, it: UUID | str, kind: type[Stream] = Stream) -> Any:
    """The demand, or what else it is, as it is now. Raises DemandNotFound, and OtherKind."""
    if (stream := world.streams.get(UUID(str(it)))) is None:
        raise DemandNotFound(str(it))
    if not isinstance(stream, kind):
        raise OtherKind(str(it), "another", "this")
    return stream


def demand_then(world: World, it: UUID, as_of: Until, known_on: Until) -> Demand | None:
    """The demand as it was then, by what was known then; None if it was not received by then."""
    known = world.known(it, known_on)
    number = world.so_far(it, known, as_of)
    right = world.seen(it, known, number)
    if right is None:
        return None
    demand: Demand = as_if(world.after(it, number), **{name: right[name] for name in CORRECTED})
    return demand


def next_due_of(demand: Any) -> tuple[datetime | None, str | None]:
    """The next due moment of the demand, and the clock that has it."""
    return next_due({"clocks": demand.clocks, "due": demand.stamp.due})


def as_text(value: Any) -> Any:
    """The value, so that moments in different zones are not equal."""
    return value.isoformat() if isinstance(value, datetime) else value


def shown_fields(answer: Any) -> dict[str, Any]:
    """What an answer of ours holds, by name."""
    return {field.name: as_text(getattr(answer, field.name)) for field in fields(answer)}


def _demand(world: World, demand_id: UUID | str, *, as_of: Until = None, known_on: Until = None) -> dict[str, Any]:
    it = demand_now(world, demand_id).id
    demand = demand_then(world, it, as_of, known_on)
    if demand is None:
        raise DemandNotFound(str(it))
    dues = sorted((clock.due, clock.clock, clock) for clock in demand.clocks if clock.status == "running" and clock.due)
    names = [demand.resident, demand.representative, *demand.shared_with, *(name for _, name in demand.joined)]
    more = {
        "open": demand.stamp.ended_as is None,
        "told": demand.told_at is not None,
        "anonymous": not demand.resident,
        "handlers": {*demand.workers, *(contractor for _, contractor in demand.contracts)},
        "residents": tuple(dict.fromkeys(name for name in names if name)),
        "to_be_told": tuple(dict.fromkeys([*(name for name in names if name), *demand.supporters])),
        "running": tuple(clock for *_, clock in dues),
        "attributes": demand._attributes,
        "facts_by_version": dict(enumerate(demand.facts, 1)),
    }
    return {**_fields_of(demand), **more, **dict(zip(("next_due", "next_clock"), next_due_of(demand), strict=True))}


def _stream(world: World, kind: type[Stream], stream_id: UUID | str) -> dict[str, Any]:
    return _of_any_kind(stream_now(world, stream_id, kind))


def _streams(world: World, kind: type[Stream], *, ended: bool | None = None) -> list[dict[str, Any]]:
    """In the order in which they began. Raises InvalidValue for demands."""
    if kind.KIND is None:
        raise InvalidValue("kind", "is that of demands")
    began = [world.streams[it] for it in dict.fromkeys(event.demand for event in world.log)]
    theirs = [one for one in began if type(one) is kind and ended in (None, one.stamp.ended_as is not None)]
    return [_of_any_kind(one) for one in theirs]


def _of_any_kind(stream: Any) -> dict[str, Any]:
    """What is known of a stream, and reckoned from what is known."""
    more = {
        **{name: getattr(stream.stamp, name) for name in ("state", "stage", "round", "ended_as", "due")},
        "open": stream.stamp.ended_as is None,
        "kind": type(stream),
        "facts": list(stream.facts),
    }
    return {**_fields_of(stream), **more}


def _shown_stream(stream: Any) -> dict[str, Any]:
    names = ("state", "stage", "round", "ended_as", "due", "open")
    by_version = [stream.fact_of(version) for version in range(1, stream.version + 1)]
    more = {**{name: getattr(stream, name) for name in names}, "kind": type(stream), "facts": by_version}
    return {**_fields_of(stream), **more}


def _shown_demand(demand: Demand) -> dict[str, Any]:
    names = ("open", "told", "anonymous", "handlers", "residents", "to_be_told", "running", "attributes")
    more = ("facts_by_version", "next_due", "next_clock")
    return {**_fields_of(demand), **{name: getattr(demand, name) for name in (*names, *more)}}


def _fields_of(demand: Any) -> dict[str, Any]:
    return {name: getattr(demand, name) for name in demand.__struct_fields__}


def _events(world: World, demand_id: UUID | str) -> list[Event]:
    return [*world.events[stream_now(world, demand_id).id]]


def _history(world: World, demand_id: UUID | str) -> list[dict[str, Any]]:
    return [_line(event, world.zone) for event in _events(world, demand_id)]


def _line(event: Event, zone: ZoneInfo) -> dict[str, Any]:
    """What happened, as one line."""
    actor, stamp, at = event.meta.actor, event.stamp, event.meta.happened.astimezone(zone)
    said = ", ".join(_details(event.fact, zone))
    summary = f"{actor.id} ({actor.role}) {stamp.move} → {stamp.state}"
    line = {"version": event.version, "at": as_text(at), "who": actor.id, "role": actor.role, "move": stamp.move}
    words = f"{event.version:>3}  {at:%Y-%m-%d %H:%M}  {summary}  {said}".rstrip()
    return {**line, "state": stamp.state, "said": said, "summary": summary, "str": words}


def _details(fact: Fact, zone: ZoneInfo) -> Iterator[str]:
    for name in type(fact).model_fields:
        value = getattr(fact, name)
        if value is None:
            continue
        if isinstance(value, datetime):
            words = value.astimezone(zone).strftime("%Y-%m-%d %H:%M")
        elif isinstance(value, bool):
            words = "yes" if value else "no"
        elif isinstance(value, tuple):
            words = ", ".join(str(part) for part in value)
        else:
            lines = str(value.value if isinstance(value, Enum) else value).splitlines()
            words = "".join(letter if letter.isprintable() else "�" for letter in " ⏎ ".join(lines))
        yield f"{name}: {words}"


class Unknown(BaseException):
    """A rule looked at what is not known yet."""


class Glimpse:
    """A proposal of which nothing but the move is known, and maybe by whom; whoever looks at the rest is stopped."""

    def __init__(self, move: str, by: Actor | None) -> None:
        self.move = move
        if by is not None:
            self.by = by

    def __getattr__(self, name: str) -> Any:
        raise Unknown(name)


def _possible_moves(world: World, demand_id: UUID | str, *, by: Actor | None = None) -> list[dict[str, Any]]:
    demand = stream_now(world, demand_id)
    flow, here, before = world.workflows[demand.workflow], demand.state, demand.came_from
    answer = []
    for name in dict.fromkeys(move.name for move in flow.moves):
        ways = [move for move in flow.moves if move.name == name and here in sources(move, flow.states)]
        ways = [move for move in ways if move.fact not in OTHER_SIDES and (move.to is not BACK or before)]
        ways = [move for move in ways if (by.role in move.roles if by else {*move.roles} - {Role.POLICY})]
        ways = [move for move in ways if not any(_forbids(rule, demand, move, by) for rule in move.rules)]
        roles = (by.role,) if by else tuple(dict.fromkeys(role for move in ways for role in move.roles))
        goals = dict.fromkeys(here if move.to is STAY else before if move.to is BACK else move.to for move in ways)
        if ways:
            words = f"{name} ({', '.join(roles)})"
            answer.append({"name": name, "roles": roles, "leads_to": tuple(goals), "str": words})
    return answer


def _forbids(rule: Callable[..., Any], demand: Any, move: Move, by: Actor | None) -> bool:
    """Whether the rule objects before it looks at the fact."""
    try:
        return isinstance(rule(demand, Glimpse(move.name, by)), str)
    except (Exception, Unknown):
        return False


def _events_after(
    world: World, position: int, limit: int | None = None, skip_unreadable: bool = False
) -> list[tuple[int, Event]]:
    """What was recorded after a position, each with its own. Raises InvalidValue for one that was never reached."""
    if position > len(world.log):
        raise InvalidValue("position", f"{position} is behind the newest event")
    return [(at, event) for at, event in enumerate(world.log, 1) if at > position][:limit]


def _to_be_told(world: World, demand_id: UUID | str) -> list[Demand]:
    demands: list[Demand] = []
    for other in demand_now(world, demand_id).took_in:
        demands += [world.demands[other], *_to_be_told(world, other)]
    return demands


def _shown(answers: Sequence[Any], *more: str) -> list[dict[str, Any]]:
    """What each holds, and how it is printed."""
    return [
        {**shown_fields(each), **{name: getattr(each, name) for name in more}, "str": str(each)} for each in answers
    ]


def _verify(world: World) -> list[dict[str, Any]]:
    """Nothing is ever missing from what was played."""
    numbers = {"events": len(world.log), "demands": len(world.streams)}
    said = f"{len(world.log)} events of {len(world.streams)} demands: all is there"
    lists = dict.fromkeys(("holes", "unreadable", "acknowledged", "damage"), ())
    return [{**numbers, **lists, "ok": True, "str": said}]


def _calendar_ends(world: World) -> list[tuple[Any, ...]]:
    """The calendars of clocks that count working time, and of policies, if they know less than 90 more days."""
    users: dict[Any, list[str]] = {}
    for flow in world.workflows.values():
        for clock in flow.clocks:
            if any("working" in str(limit.span) for limit in clock.limits):
                users.setdefault(clock.calendar, []).append(f"clock {clock.name} of {flow.key}")
    for policy in () if world.policies is None else world.policies.policies:
        if policy.on and getattr(policy, "calendar", None) is not None:
            users.setdefault(policy.calendar, []).append(f"policy {policy.name}")
    ends = []
    for calendar, names in users.items():
        today = world.clock.now.astimezone(ZoneInfo(calendar.zone)).date()
        until = naive(calendar).covered_until(today)
        if until is None or until < today + ENDS_SOON:
            ends.append((*(end := (calendar.name, tuple(dict.fromkeys(names)), until, today)), _end_said(*end)))
    return ends


def _end_said(name: str, users: Sequence[str], until: date | None, today: date) -> str:
    year = today.year if until is None else until.year + 1
    knows = f"does not know {year}" if until is None else f"knows no day after {until}, in {(until - today).days} days"
    return (
        f"calendar {name!r} {knows}: deadlines that reach there will have no date until it does ({', '.join(users)}). "
        f"Add a source of days for {year}, or Days.none([{year}]) if it has none of its own"
    )


def _shown_ends(answer: Sequence[Any]) -> list[tuple[Any, ...]]:
    return [(one.calendar, one.users, one.until, one.today, str(one)) for one in answer]


QUESTIONS: dict[str, tuple[Callable[..., Any], Callable[[Any], Any]]] = {
    "demand": (_demand, _shown_demand),
    "stream": (_stream, _shown_stream),
    "streams": (_streams, lambda answer: [_shown_stream(one) for one in answer]),
    "last_position": (lambda world: len(world.log), int),
    "events": (_events, list),
    "history": (_history, lambda answer: _shown(answer, "summary")),
    "possible_moves": (_possible_moves, _shown),
    "to_be_told": (_to_be_told, list),
    "all_events": (lambda world, skip_unreadable=False: world.log, list),
    "events_after": (_events_after, lambda answer: [tuple(one) for one in answer]),
    "verify": (_verify, lambda answer: _shown([answer], "ok")),
    "acknowledged": (lambda world: [], list),
    "parked_events": (lambda world: [], list),
    "retry_parked_events": (lambda world: [], list),
    "calendar_ends": (_calendar_ends, _shown_ends),
    "workflows": (lambda world: world.workflows, dict),
    "zone": (lambda world: world.zone.key, str),
    "now": (lambda world: as_text(world.clock.now), as_text),
}
