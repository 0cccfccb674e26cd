"""What nobody may say, of a command or else: it is refused, and the error names what is wrong."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from threading import Event
from typing import Any
from uuid import UUID

from demandflow.application import DemandFlow
from demandflow.automation.follower import follow
from demandflow.calendars.calendar import Calendar
from demandflow.domain.demand import Demand
from demandflow.domain.facts import OTHER_SIDES, Corrected, Extended, Noted, Registered
from demandflow.domain.standard.grades import GradeScale, ScaleGrade
from demandflow.domain.values import Actor, Place
from demandflow.errors import InvalidValue
from demandflow.exchange import load_log
from demandflow.policies import Dispatch, Handler, Remind, Reminders, Sorting
from demandflow.testing.differs import Differs
from demandflow.testing.model.world import World
from demandflow.testing.people import BOSS
from demandflow.testing.playing.agreeing import raised, same_answer, well_said
from demandflow.workflow_files.loading import loads

NOBODY = UUID(int=2**100)
ODD: tuple[tuple[str, Any], ...] = (
    *(("command_id", "a\nb"), ("command_id", "~a"), ("command_id", 5), ("correlation", " a"), ("causation", "")),
    *(("seen", 0), ("seen", True), ("seen", Demand(NOBODY)), ("by", "li"), ("at", datetime(2025, 3, 1))),  # noqa: DTZ001
)
"""Circumstances of a command that cannot be, whatever was recorded."""
FAR_BEHIND = timedelta(minutes=11)
NOT_YET = datetime.fromisoformat("2999-01-01T00:00:00Z")
_office = partial(Calendar.of, "office", zone="UTC", hours="Mon-Fri 09:00-17:00")


def _words(kind: type[Any], zone: str | None = None, **words: object) -> Callable[[DemandFlow], object]:
    return lambda _: kind.from_words(words, zone)


def _open(**said: Any) -> Callable[[DemandFlow], object]:
    return lambda _: DemandFlow.open("memory:", **said).close()


def _many(method: str) -> Callable[[DemandFlow], object]:
    def call(flow: DemandFlow) -> None:
        raise getattr(flow, method)([5])[0].reason

    return call


ODD_CALLS: tuple[tuple[str, Callable[[DemandFlow], object]], ...] = (
    ("actor's id", lambda _: Actor("", "clerk")),
    ("actor's id", lambda _: Actor("li\u202e", "clerk")),
    ("actor's id", lambda _: Actor("\u3164", "clerk")),
    ("actor's id", lambda _: Actor("li" * 101, "clerk")),
    ("actor's role", lambda _: Actor("li", "a\nb")),
    ("actor's unit", lambda _: Actor("li", "clerk", " ")),
    ("Extended", _words(Extended, "Europe/Berlin", due="2025-03-30 02:30")),
    ("Extended", _words(Extended, due="2025-03-30 02:30")),
    ("Extended", _words(Extended, "UTC", due="soon")),
    ("Extended", _words(Extended, "UTC", due="2025-03-30", when="soon")),
    ("zone", _words(Extended, "Shanghai", due="2025-03-30 02:30")),
    ("words", lambda _: Extended.from_words(5)),  # type: ignore[arg-type]
    ("Noted", lambda _: Noted(text="x", colour="red")),  # type: ignore[call-arg]
    ("Noted", lambda _: setattr(Noted(text="x"), "text", "y")),
    ("Noted", lambda _: Noted(text="\x00")),
    ("Noted", lambda _: Noted(text="ab" * 50_001)),
    ("Noted", lambda _: Noted(text="\u3164")),
    ("Registered", lambda _: Registered(text="x", channel="", place="a//b")),  # type: ignore[arg-type]
    ("after", lambda flow: flow.deliver_notices(str, after=-1)),
    ("notify", lambda flow: flow.deliver_notices(5)),  # type: ignore[arg-type]
    ("stop", lambda flow: flow.deliver_notices(str, stop=5)),  # type: ignore[arg-type]
    ("hook", lambda flow: flow.deliver_notices(str, hook=" ")),
    ("now", lambda flow: flow.run_policies(NOT_YET)),
    ("parked", lambda flow: flow.drop_parked([5])),  # type: ignore[list-item]
    ("parked", lambda flow: flow.retry_parked(5)),  # type: ignore[arg-type]
    ("progress", lambda flow: flow.rebuild(progress=5)),  # type: ignore[arg-type]
    ("after", lambda flow: flow.follow_events(-1)),
    ("skip_unreadable", lambda flow: flow.follow_events(skip_unreadable=5)),  # type: ignore[arg-type]
    ("stop", lambda flow: flow.follow_events(stop=5)),  # type: ignore[arg-type]
    ("every", lambda flow: flow.follow_events(every=timedelta(0))),
    ("every", lambda flow: follow(flow, Event(), every=timedelta(days=2))),
    ("demand_id", lambda flow: flow.demand("lamp")),  # type: ignore[arg-type]
    ("demand_id", lambda flow: flow.demand(Demand(NOBODY))),  # type: ignore[arg-type]
    ("note", lambda flow: flow.note(NOBODY, "x", by=BOSS, colour="red")),  # type: ignore[call-arg]
    ("by", lambda flow: flow.note(NOBODY, "x")),  # type: ignore[call-arg]
    ("fact", lambda flow: flow.start("lamp", by=BOSS)),  # type: ignore[arg-type]
    ("fact", lambda flow: flow.start(Noted(text="x"), by=BOSS)),
    ("workflow", lambda flow: flow.register("x", channel="a", place="b", by=BOSS, workflow=5)),
    ("item", _many("register_many")),
    ("item", _many("act_many")),
    ("items", lambda flow: flow.try_many(5)),  # type: ignore[arg-type]
    ("of", lambda flow: flow.migrate_all(next(iter(flow.workflows)), of=5, by=BOSS)),  # type: ignore[arg-type]
    ("dimension", lambda flow: flow.figures_by("colour")),
    ("dimension", lambda flow: flow.figures_by()),  # type: ignore[call-overload]
    ("level", lambda flow: flow.figures_by("place", level=0)),
    ("Corrected", lambda _: Corrected(event=1, reason="x", own=(("a", 1), ("a", 2)))),  # type: ignore[arg-type]
    ("Corrected", lambda _: Corrected(event=1, reason="x", own={"a": None})),  # type: ignore[arg-type]
    ("Corrected", lambda _: Corrected(event=1, reason="x", own={"a": "\x00"})),  # type: ignore[arg-type]
    ("count", lambda flow: flow.figures().count(5)),  # type: ignore[arg-type]
    ("count", lambda flow: flow.figures().count("none")),
    ("rate", lambda flow: flow.figures().rate("none")),
    ("clock", lambda flow: flow.figures().clock("none")),
    ("rate", lambda flow: flow.figures().satisfaction("none")),
    ("text", lambda flow: flow.board(text="a\x00")),
    ("place", lambda flow: flow.board(place="a\nb")),
    ("place", lambda _: Place("a/" * 16 + "b")),
    ("place", lambda _: Place(f"{'né' * 199}/{'né' * 199}")),
    ("place", lambda _: Place("/".join(["né" * 90] * 5))),
    ("place", lambda _: Place.of("")),
    ("level", lambda _: Place.of("a").level(0)),
    ("source", lambda flow: flow.id_of("", "7")),
    ("reference", lambda flow: flow.id_of("12345", " ")),
    ("reference", lambda flow: flow.register("x", channel="a", place="b", source="c", by=BOSS)),
    ("create", _open(create=False)),
    ("backdating", _open(backdating=5)),
    ("workflows", _open(workflows=5)),
    ("policies", _open(policies=(Reminders(), Reminders()))),
    ("policies", _open(policies=(Reminders,))),
    ("policies", _open(policies=(5,))),
    ("clocks", _open(policies=(Reminders(steps=(Remind(clocks=("lunch",)),)),))),
    ("remind", lambda _: Remind(before="1 day", after="1 day")),
    ("steps", lambda _: Reminders(steps=5)),  # type: ignore[arg-type]
    ("policy reminders", lambda _: Reminders(on=5)),  # type: ignore[arg-type]
    ("policy reminders", lambda _: Reminders(calendar=5)),  # type: ignore[arg-type]
    ("unit's name", lambda _: Handler("")),
    ("units", lambda _: Dispatch(units=5)),  # type: ignore[arg-type]
    ("units", lambda _: Dispatch()),
    ("responsible", lambda _: Dispatch(responsible=5)),  # type: ignore[arg-type]
    ("at", lambda _: Sorting(_office(), at=())),
    ("at", lambda _: Sorting(_office(), at=("25:00",))),
    ("weight", lambda _: ScaleGrade("fair", 2)),
    ("grade", lambda _: ScaleGrade("satisfied", 0)),
    ("grades", lambda _: GradeScale((5,))),  # type: ignore[arg-type]
    ("grades", lambda _: GradeScale((ScaleGrade("fair", 0.5),) * 2)),
    ("scores", lambda _: GradeScale((ScaleGrade("fair", 0.5),), ("speed", "speed"))),
    ("file", lambda _: load_log(f"{NOBODY}.jsonl", "memory:")),
    ("hours of Mon", lambda _: _office(hours="Mon 25:00-26:00")),
    ("zone", lambda _: _office(zone="Shanghai")),
    ("workflow", lambda _: loads("name = ", "toml")),
    ("workflow", lambda _: loads('{"name": "a", "name": "b"}', "json")),
    ("workflow", lambda _: loads('name = "a"\nstates = [{stage = "audit"}]', "toml")),
)
"""What else nobody may say, and what the error is about."""


def refuse_odd(flow: DemandFlow, world: World) -> None:
    """Call something oddly, and give the last command in an odd circumstance. Raises Differs if that is accepted."""
    at = len(world.log) + world.environment.lot
    name, call = ODD_CALLS[at % len(ODD_CALLS)]
    _refused(f"a call with an odd {name}", name, partial(call, flow))
    event = next((one for one in reversed(world.log) if type(one.fact) not in OTHER_SIDES), None)
    if event is None:
        return
    name, value = ODD[at % len(ODD)]
    how = {"by": BOSS, name: value, "of": type(world.streams[event.demand])}
    again = partial(flow.act, event.demand, event.stamp.move, event.fact, **how)
    _refused(f"a command with {name}={value!r}", name, again)


def refuse_by_a_wrong_clock(flow: DemandFlow, world: World) -> None:
    """Whoever recorded something records nothing by a clock that is far behind that. Raises Differs if it does."""
    first = next((one for one in world.log if type(one.fact) is Registered and one.fact.source is None), None)
    if first is None or world.workflow.of is not Demand:
        return
    now, world.clock.now = world.clock.now, world.log[-1].meta.recorded - FAR_BEHIND
    error = raised(partial(flow.start, first.fact, by=first.meta.actor))
    world.clock.now = now
    same_answer("start() by a clock that is behind", error, "ClockBehind")


def _refused(said: str, name: str, do: Callable[[], object]) -> None:
    try:
        do()
    except InvalidValue as error:
        well_said(said, error, (name,))
    else:
        raise Differs(said, "it is accepted", "InvalidValue")
